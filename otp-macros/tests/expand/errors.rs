::core::compile_error! {
    "unknown `#[actor]` argument `nmae`, expected one of `name`, `client`, `mailbox`, `on_full`, `restart`, `shutdown`, `thread`, `crate`\n\nhelp: did you mean `name`?"
}
::core::compile_error! {
    "an actor cannot borrow: it outlives the function that starts it\n\nhelp: store owned data, or share it with `Arc<T>`"
}
::core::compile_error! {
    "`#[handle_call]` method `find` must take `&mut self` or `&self` as its first parameter"
}
::core::compile_error! {
    "`impl Trait` is not allowed here: each answer has one concrete type\n\nhelp: write the type itself, or a `Box<dyn Trait + Send>`"
}
impl<'a> Counter<'a> {
    #[init(__inside_actor)]
    fn init() -> Self {
        body
    }
    #[handle_call(__inside_actor)]
    fn find(key: &str) -> impl Sized {
        body
    }
}
///A client of `Counter`: one method per handler, sent in the way of its mode.
pub struct CounterRef<M: ::otp::mode::Mode = ::otp::mode::Blocking>(
    ::otp::ActorRef<Counter<'static>, M>,
);
const _: () = {
    ///The messages of `Counter`.
    pub enum CounterMessage {}
    #[automatically_derived]
    impl ::otp::Actor for Counter<'static> {
        type Args = ();
        type Message = CounterMessage;
        type Client<M: ::otp::mode::Mode> = CounterRef<M>;
        const NAME: &'static str = "Counter";
        fn init(
            args: Self::Args,
            ctx: &mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'_, ::otp::actor::Init<Self>> {
            let _ = (args, ctx);
            ::core::unimplemented!()
        }
        fn handle<'a>(
            &'a mut self,
            message: Self::Message,
            ctx: &'a mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'a> {
            let _ = (message, ctx);
            ::core::unimplemented!()
        }
        fn message_code(
            message: &Self::Message,
        ) -> ::core::option::Option<&'static ::otp::__private::Code> {
            let _ = (message,);
            ::core::unimplemented!()
        }
        fn message_name(message: &Self::Message) -> &'static str {
            let _ = (message,);
            ::core::unimplemented!()
        }
        fn message_kind(message: &Self::Message) -> ::otp::sys::MessageKind {
            let _ = (message,);
            ::core::unimplemented!()
        }
        fn format_status(&self, texts: &mut ::otp::sys::StatusTexts) {
            let _ = (texts,);
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Mode> ::otp::client::Client<Counter<'static>>
    for CounterRef<M> {
        type Mode = M;
        fn from_ref(inner: ::otp::ActorRef<Counter<'static>, M>) -> Self {
            Self(inner)
        }
        fn inner(&self) -> &::otp::ActorRef<Counter<'static>, M> {
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
        ///Calls `find`.
        fn find(&self, key: &str) -> <M as ::otp::mode::AwaitsReply>::Answer<()>
        where
            M: ::otp::mode::AwaitsReply,
        {
            let _ = (key,);
            ::core::unimplemented!()
        }
    }
    impl Counter<'static> {
        /**Starts a `Counter` and waits for its `init`; nobody is linked to it.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start() -> ::core::result::Result<CounterRef, ::otp::StartError> {
            let _ = ();
            ::core::unimplemented!()
        }
        /**Starts a `Counter` linked to the caller and waits for its `init`.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start_link() -> ::core::result::Result<CounterRef, ::otp::StartError> {
            let _ = ();
            ::core::unimplemented!()
        }
        ///How a supervisor starts a `Counter`: each time anew, with clones of these arguments.
        pub fn child_spec() -> ::otp::ChildSpec<Self> {
            let _ = ();
            ::core::unimplemented!()
        }
    }
};
