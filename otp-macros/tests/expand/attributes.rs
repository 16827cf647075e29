/// Counts.
impl Counter {
    #[init(__inside_actor)]
    fn init() -> Self {
        body
    }
    /// Answers.
    #[cfg(feature = "one")]
    #[inline]
    #[deprecated]
    #[otp::handle_call(__inside_actor)]
    pub(in crate::shop) fn get(&self) -> i64 {
        body
    }
    #[cfg(unix)]
    #[handle_info(__inside_actor)]
    fn exit(&mut self, exit: Exit) {
        body
    }
}
/// Counts.
pub struct CounterRef<M: ::otp::mode::Mode = ::otp::mode::Blocking>(
    ::otp::ActorRef<Counter, M>,
);
const _: () = {
    ///The messages of `Counter`.
    pub enum CounterMessage {
        #[cfg(feature = "one")]
        Get(::otp::ReplyTo<i64>),
    }
    #[allow(deprecated)]
    #[automatically_derived]
    impl ::otp::Actor for Counter {
        type Args = ();
        type Message = CounterMessage;
        type Client<M: ::otp::mode::Mode> = CounterRef<M>;
        const NAME: &'static str = "Counter";
        fn init(
            args: Self::Args,
            ctx: &mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'_, ::otp::actor::Init<Self>> {
            let () = args;
            ::otp::actor::Handled::Done(
                ::otp::actor::IntoInit::<Self>::into_init(Self::init()),
            )
        }
        fn handle<'a>(
            &'a mut self,
            message: Self::Message,
            ctx: &'a mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'a> {
            match message {
                #[cfg(feature = "one")]
                CounterMessage::Get(reply) => {
                    if reply.begin() {
                        let answer = Self::get(self);
                        ctx.reply(reply, answer);
                    }
                    ::otp::actor::Handled::Done(::core::result::Result::Ok(()))
                }
            }
        }
        fn info<'a>(
            &'a mut self,
            info: ::otp::actor::Info,
            ctx: &'a mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'a> {
            #[cfg(unix)]
            let info = match info.downcast::<Exit>() {
                ::core::result::Result::Ok(exit) => {
                    return ::otp::actor::Handled::Done(
                        ::otp::actor::IntoOutcome::into_outcome(Self::exit(self, exit)),
                    );
                }
                ::core::result::Result::Err(info) => info,
            };
            ::otp::__private::unexpected::<Self>(info)
        }
        fn message_code(
            message: &Self::Message,
        ) -> ::core::option::Option<&'static ::otp::__private::Code> {
            match message {
                #[cfg(feature = "one")]
                CounterMessage::Get(..) => {
                    static CODE: ::otp::__private::Code = ::otp::__private::Code::new(
                        "get",
                    );
                    ::core::option::Option::Some(&CODE)
                }
            }
        }
        fn message_name(message: &Self::Message) -> &'static str {
            match message {
                #[cfg(feature = "one")]
                CounterMessage::Get(..) => "get",
            }
        }
        fn message_kind(message: &Self::Message) -> ::otp::sys::MessageKind {
            match message {
                #[cfg(feature = "one")]
                CounterMessage::Get(.., reply) => {
                    ::otp::sys::MessageKind::Call {
                        from: ::otp::ReplyTo::caller(reply),
                    }
                }
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
    impl<M: ::otp::mode::Mode> ::otp::client::Client<Counter> for CounterRef<M> {
        type Mode = M;
        fn from_ref(inner: ::otp::ActorRef<Counter, M>) -> Self {
            Self(inner)
        }
        fn inner(&self) -> &::otp::ActorRef<Counter, M> {
            &self.0
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Mode> ::core::clone::Clone for CounterRef<M> {
        fn clone(&self) -> Self {
            Self(::core::clone::Clone::clone(&self.0))
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Mode> ::core::fmt::Debug for CounterRef<M> {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, formatter)
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Addressed> ::core::cmp::PartialEq for CounterRef<M> {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Addressed> ::core::cmp::Eq for CounterRef<M> {}
    #[automatically_derived]
    impl<M: ::otp::mode::Addressed> ::core::hash::Hash for CounterRef<M> {
        fn hash<H: ::core::hash::Hasher>(&self, hasher: &mut H) {
            ::core::hash::Hash::hash(&self.0, hasher);
        }
    }
    impl<M: ::otp::mode::Mode> CounterRef<M> {
        /// Answers.
        #[cfg(feature = "one")]
        #[deprecated]
        pub(in crate::shop) fn get(&self) -> <M as ::otp::mode::AwaitsReply>::Answer<i64>
        where
            M: ::otp::mode::AwaitsReply,
        {
            ::otp::__private::reply_must_be_send::<
                i64,
                _,
                _,
                _,
            >()(&self.0, |reply| CounterMessage::Get(reply))
        }
    }
    impl Counter {
        /**Starts a `Counter` and waits for its `init`; nobody is linked to it.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start() -> ::core::result::Result<CounterRef, ::otp::StartError> {
            ::otp::__private::start::<Self>(())
        }
        /**Starts a `Counter` linked to the caller and waits for its `init`.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start_link() -> ::core::result::Result<CounterRef, ::otp::StartError> {
            ::otp::__private::start_link::<Self>(())
        }
        ///How a supervisor starts a `Counter`: each time anew, with clones of these arguments.
        pub fn child_spec() -> ::otp::ChildSpec<Self> {
            ::otp::__private::child_spec::<Self>((), ::core::clone::Clone::clone)
        }
    }
};
