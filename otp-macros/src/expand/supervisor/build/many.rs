//! The specs of dynamic and partition supervisors.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;

use super::{Environment, Kept};
use crate::ast::options::{Options, Restart};
use crate::ast::supervisor::{Dynamic, Partition};
use crate::expand::options;
use crate::expand::supervisor::accessor::ChildType;

impl Environment<'_> {
    /// The spec of a dynamic supervisor.
    pub(super) fn dynamic(&self, dynamic: &Dynamic, given: &Options, ty: &ChildType) -> TokenStream {
        let otp = &self.tree.otp;
        let site = ty.site;
        let Kept { outside, inside, .. } = self.kept(&given.max_children().cloned().unwrap_or_default());
        let template = self.template(dynamic, given, ty);
        let limit = given.max_children().map(|limit| {
            let site = Span::mixed_site().located_at(limit.span());
            quote_spanned!(site=> .max_children(#limit))
        });
        let intensity = options::intensity(given.intensity());
        let spec = ty.path("spec");
        let spec = quote_spanned! {site=>
            #spec(
                {
                    #outside
                    move || {
                        #inside
                        #otp::supervisor::DynamicSupervisor::any() #limit #intensity
                    }
                },
                #template,
            )
        };
        self.under_name(spec, given, ty)
    }

    /// What makes the specs of a dynamic supervisor's children.
    fn template(&self, dynamic: &Dynamic, given: &Options, ty: &ChildType) -> TokenStream {
        let site = ty.site;
        let (starts, changes, child) = (self.starts(given, ty), self.of_each_child(given), &ty.ty);
        let Some(given) = dynamic.given() else {
            return quote_spanned!(site=> |args| #starts.spec::<#child>(args) #changes);
        };
        let mut inner = self.clone();
        for name in given.variables() {
            inner.hide(name);
        }
        let (pattern, ty) = (&given.pattern, given.sent_ty());
        let arguments = inner.arguments(dynamic.arguments.as_ref(), Some(quote_spanned!(site=> #pattern: #ty)));
        quote_spanned! {site=>
            #arguments, |given, args| #starts.spec_from::<#child, #ty>(given, args) #changes
        }
    }

    /// Whether children of a dynamic supervisor are started again: their arguments are kept then, and must be `Clone`.
    fn starts(&self, given: &Options, ty: &ChildType) -> TokenStream {
        let otp = &self.tree.otp;
        let site = ty.site;
        match given.restart().and_then(|word| word.meaning) {
            Some(Restart::Temporary) => quote_spanned!(site=> #otp::__private::StartedOnce),
            Some(Restart::Permanent | Restart::Transient) => {
                quote_spanned!(site=> #otp::__private::RestartedWithClones)
            }
            None => {
                let child = &ty.ty;
                quote_spanned! {site=>
                    {
                        use #otp::__private::{SaysNothing as _, SaysTemporary as _};
                        #otp::__private::OwnRestart::<#child>::OF.starts()
                    }
                }
            }
        }
    }

    /// The spec of a partition supervisor.
    pub(super) fn partition(&self, partition: &Partition, given: &Options, ty: &ChildType) -> TokenStream {
        let otp = &self.tree.otp;
        let site = ty.site;
        let Partition { arguments, number, .. } = partition;
        let mut inner = self.clone();
        // The number hides what else has its name.
        if let Some(number) = number {
            inner.hide(number);
        }
        let number = number.as_ref().map_or_else(|| quote_spanned!(site=> _), ToTokens::to_token_stream);
        let arguments = inner.arguments(arguments.as_ref(), Some(number));
        let each = self.of_each_child(given);
        let count = given.partitions().map(|count| {
            let site = Span::mixed_site().located_at(count.span());
            quote_spanned!(site=> .partitions(#count))
        });
        let strategy = given.strategy().and_then(|word| word.meaning).map(|strategy| {
            let strategy = options::strategy(otp, strategy);
            quote_spanned!(site=> .strategy(#strategy))
        });
        let intensity = options::intensity(given.intensity());
        let Kept { outside, inside, .. } = self.kept(&given.partitions().cloned().unwrap_or_default());
        let spec = ty.path("spec");
        let spec = quote_spanned! {site=>
            #spec(#arguments, |spec| spec #each, {
                #outside
                move |builder| {
                    #inside
                    builder #count #strategy #intensity
                }
            })
        };
        self.under_name(spec, given, ty)
    }

    /// The spec of a supervisor that is made for its children's type, with its name.
    fn under_name(&self, spec: TokenStream, given: &Options, ty: &ChildType) -> TokenStream {
        let Some(name) = given.name() else {
            return spec;
        };
        let (named, name) = (ty.path("named"), self.fresh(name));
        quote_spanned!(ty.site=> #named(#spec, #name))
    }
}
