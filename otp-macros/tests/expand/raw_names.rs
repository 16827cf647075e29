impl r#struct {
    #[init(__inside_actor)]
    fn init(r#type: u8) -> Self {
        body
    }
    #[handle_cast(__inside_actor)]
    fn r#move(&mut self, r#in: u8) {
        body
    }
}
///A client of `struct`: one method per handler, sent in the way of its mode.
pub struct structRef<M: ::otp::mode::Mode = ::otp::mode::Blocking>(
    ::otp::ActorRef<r#struct, M>,
);
const _: () = {
    ///The messages of `struct`.
    pub enum structMessage {
        Move(::otp::__private::Payload<u8>),
    }
    #[automatically_derived]
    impl ::otp::Actor for r#struct {
        type Args = (u8,);
        type Message = structMessage;
        type Client<M: ::otp::mode::Mode> = structRef<M>;
        const NAME: &'static str = "struct";
        fn init(
            args: Self::Args,
            ctx: &mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'_, ::otp::actor::Init<Self>> {
            let (r#type,) = args;
            ::otp::actor::Handled::Done(
                ::otp::actor::IntoInit::<Self>::into_init(Self::init(r#type)),
            )
        }
        fn handle<'a>(
            &'a mut self,
            message: Self::Message,
            ctx: &'a mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'a> {
            match message {
                structMessage::Move(r#in) => {
                    ::otp::actor::Handled::Done(
                        ::otp::actor::IntoOutcome::into_outcome(
                            Self::r#move(self, r#in.take()),
                        ),
                    )
                }
            }
        }
        fn message_code(
            message: &Self::Message,
        ) -> ::core::option::Option<&'static ::otp::__private::Code> {
            match message {
                structMessage::Move(..) => {
                    static CODE: ::otp::__private::Code = ::otp::__private::Code::new(
                        "move",
                    );
                    ::core::option::Option::Some(&CODE)
                }
            }
        }
        fn message_name(message: &Self::Message) -> &'static str {
            match message {
                structMessage::Move(..) => "move",
            }
        }
        fn message_kind(message: &Self::Message) -> ::otp::sys::MessageKind {
            match message {
                structMessage::Move { .. } => ::otp::sys::MessageKind::Cast,
            }
        }
        fn format_status(&self, texts: &mut ::otp::sys::StatusTexts) {
            use ::otp::__private::{
                Rewritten as _, Shown as _, Unchanged as _, Unshown as _,
            };
            let shown = &::otp::__private::State(self);
            shown.show(texts);
            shown.rewrite(texts);
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Mode> ::otp::client::Client<r#struct> for structRef<M> {
        type Mode = M;
        fn from_ref(inner: ::otp::ActorRef<r#struct, M>) -> Self {
            Self(inner)
        }
        fn inner(&self) -> &::otp::ActorRef<r#struct, M> {
            &self.0
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Mode> ::core::clone::Clone for structRef<M> {
        fn clone(&self) -> Self {
            Self(::core::clone::Clone::clone(&self.0))
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Mode> ::core::fmt::Debug for structRef<M> {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, formatter)
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Addressed> ::core::cmp::PartialEq for structRef<M> {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Addressed> ::core::cmp::Eq for structRef<M> {}
    #[automatically_derived]
    impl<M: ::otp::mode::Addressed> ::core::hash::Hash for structRef<M> {
        fn hash<H: ::core::hash::Hasher>(&self, hasher: &mut H) {
            ::core::hash::Hash::hash(&self.0, hasher);
        }
    }
    impl<M: ::otp::mode::Mode> structRef<M> {
        ///Sends `r#move`.
        fn r#move(&self, r#in: u8) -> <M as ::otp::mode::Mode>::Cast<r#struct> {
            self.0
                .cast(
                    structMessage::Move(
                        ::otp::__private::handler_argument_must_be_send::<u8>()(r#in),
                    ),
                )
        }
    }
    impl r#struct {
        /**Starts a `struct` and waits for its `init`; nobody is linked to it.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start(
            r#type: u8,
        ) -> ::core::result::Result<structRef, ::otp::StartError> {
            ::otp::__private::start::<Self>((r#type,))
        }
        /**Starts a `struct` linked to the caller and waits for its `init`.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start_link(
            r#type: u8,
        ) -> ::core::result::Result<structRef, ::otp::StartError> {
            ::otp::__private::start_link::<Self>((r#type,))
        }
        ///How a supervisor starts a `struct`: each time anew, with clones of these arguments.
        pub fn child_spec(r#type: u8) -> ::otp::ChildSpec<Self>
        where
            for<'a> u8: ::core::clone::Clone,
        {
            ::otp::__private::child_spec::<
                Self,
            >(
                (r#type,),
                |args| {
                    let (r#type,) = args;
                    (::core::clone::Clone::clone(r#type),)
                },
            )
        }
    }
};
