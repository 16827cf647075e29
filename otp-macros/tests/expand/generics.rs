impl<T: Clone, const N: usize> Stack<T, N>
where
    T: Send + 'static,
    Self: Sized,
{
    #[init(__inside_actor)]
    fn init() -> Self {
        body
    }
    #[handle_cast(__inside_actor)]
    fn swap(&mut self, other: Self, size: [u8; Self::SIZE]) {
        body
    }
}
///A client of `Stack`: one method per handler, sent in the way of its mode.
pub struct StackRef<
    T: Clone,
    const N: usize,
    M: ::otp::mode::Mode = ::otp::mode::Blocking,
>(
    ::otp::ActorRef<Stack<T, N>, M>,
)
where
    T: Send + 'static,
    Stack<T, N>: Sized;
const _: () = {
    ///The messages of `Stack`.
    pub enum StackMessage<T: Clone, const N: usize>
    where
        T: Send + 'static,
        Stack<T, N>: Sized,
    {
        Swap(
            ::otp::__private::Payload<Stack<T, N>>,
            ::otp::__private::Payload<[u8; <Stack<T, N>>::SIZE]>,
        ),
        __Unused(
            ::core::convert::Infallible,
            ::core::marker::PhantomData<fn() -> (::core::marker::PhantomData<T>,)>,
        ),
    }
    #[automatically_derived]
    impl<T: Clone, const N: usize> ::otp::Actor for Stack<T, N>
    where
        T: Send + 'static,
        Stack<T, N>: Sized,
    {
        type Args = ();
        type Message = StackMessage<T, N>;
        type Client<M: ::otp::mode::Mode> = StackRef<T, N, M>;
        const NAME: &'static str = "Stack";
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
                StackMessage::Swap(other, size) => {
                    ::otp::actor::Handled::Done(
                        ::otp::actor::IntoOutcome::into_outcome(
                            Self::swap(self, other.take(), size.take()),
                        ),
                    )
                }
                StackMessage::__Unused(never, _) => match never {}
            }
        }
        fn message_code(
            message: &Self::Message,
        ) -> ::core::option::Option<&'static ::otp::__private::Code> {
            match message {
                StackMessage::Swap(..) => {
                    static CODE: ::otp::__private::Code = ::otp::__private::Code::new(
                        "swap",
                    );
                    ::core::option::Option::Some(&CODE)
                }
                StackMessage::__Unused(never, _) => match *never {}
            }
        }
        fn message_name(message: &Self::Message) -> &'static str {
            match message {
                StackMessage::Swap(..) => "swap",
                StackMessage::__Unused(never, _) => match *never {}
            }
        }
        fn message_kind(message: &Self::Message) -> ::otp::sys::MessageKind {
            match message {
                StackMessage::Swap { .. } => ::otp::sys::MessageKind::Cast,
                StackMessage::__Unused(never, _) => match *never {}
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
    impl<
        T: Clone,
        const N: usize,
        M: ::otp::mode::Mode,
    > ::otp::client::Client<Stack<T, N>> for StackRef<T, N, M>
    where
        T: Send + 'static,
        Stack<T, N>: Sized,
    {
        type Mode = M;
        fn from_ref(inner: ::otp::ActorRef<Stack<T, N>, M>) -> Self {
            Self(inner)
        }
        fn inner(&self) -> &::otp::ActorRef<Stack<T, N>, M> {
            &self.0
        }
    }
    #[automatically_derived]
    impl<T: Clone, const N: usize, M: ::otp::mode::Mode> ::core::clone::Clone
    for StackRef<T, N, M>
    where
        T: Send + 'static,
        Stack<T, N>: Sized,
    {
        fn clone(&self) -> Self {
            Self(::core::clone::Clone::clone(&self.0))
        }
    }
    #[automatically_derived]
    impl<T: Clone, const N: usize, M: ::otp::mode::Mode> ::core::fmt::Debug
    for StackRef<T, N, M>
    where
        T: Send + 'static,
        Stack<T, N>: Sized,
    {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, formatter)
        }
    }
    #[automatically_derived]
    impl<T: Clone, const N: usize, M: ::otp::mode::Addressed> ::core::cmp::PartialEq
    for StackRef<T, N, M>
    where
        T: Send + 'static,
        Stack<T, N>: Sized,
    {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    #[automatically_derived]
    impl<T: Clone, const N: usize, M: ::otp::mode::Addressed> ::core::cmp::Eq
    for StackRef<T, N, M>
    where
        T: Send + 'static,
        Stack<T, N>: Sized,
    {}
    #[automatically_derived]
    impl<T: Clone, const N: usize, M: ::otp::mode::Addressed> ::core::hash::Hash
    for StackRef<T, N, M>
    where
        T: Send + 'static,
        Stack<T, N>: Sized,
    {
        fn hash<H: ::core::hash::Hasher>(&self, hasher: &mut H) {
            ::core::hash::Hash::hash(&self.0, hasher);
        }
    }
    impl<T: Clone, const N: usize, M: ::otp::mode::Mode> StackRef<T, N, M>
    where
        T: Send + 'static,
        Stack<T, N>: Sized,
    {
        ///Sends `swap`.
        fn swap(
            &self,
            other: Stack<T, N>,
            size: [u8; <Stack<T, N>>::SIZE],
        ) -> <M as ::otp::mode::Mode>::Cast<Stack<T, N>> {
            self.0
                .cast(
                    StackMessage::Swap(
                        ::otp::__private::handler_argument_must_be_send::<
                            Stack<T, N>,
                        >()(other),
                        ::otp::__private::handler_argument_must_be_send::<
                            [u8; <Stack<T, N>>::SIZE],
                        >()(size),
                    ),
                )
        }
    }
    impl<T: Clone, const N: usize> Stack<T, N>
    where
        T: Send + 'static,
        Stack<T, N>: Sized,
    {
        /**Starts a `Stack` and waits for its `init`; nobody is linked to it.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start() -> ::core::result::Result<StackRef<T, N>, ::otp::StartError> {
            ::otp::__private::start::<Self>(())
        }
        /**Starts a `Stack` linked to the caller and waits for its `init`.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start_link() -> ::core::result::Result<
            StackRef<T, N>,
            ::otp::StartError,
        > {
            ::otp::__private::start_link::<Self>(())
        }
        ///How a supervisor starts a `Stack`: each time anew, with clones of these arguments.
        pub fn child_spec() -> ::otp::ChildSpec<Self> {
            ::otp::__private::child_spec::<Self>((), ::core::clone::Clone::clone)
        }
    }
};
