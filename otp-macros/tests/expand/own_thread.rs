impl Camera {
    #[init(__inside_actor)]
    fn init() -> Self {
        body
    }
    #[handle_call(__inside_actor)]
    fn shoot(&mut self) -> Image {
        body
    }
}
///A client of `Camera`: one method per handler, sent in the way of its mode.
pub struct CameraRef<M: ::otp::mode::Mode = ::otp::mode::Blocking>(
    ::otp::ActorRef<Camera, M>,
);
const _: () = {
    ///The messages of `Camera`.
    pub enum CameraMessage {
        Shoot(::otp::ReplyTo<Image>),
    }
    #[automatically_derived]
    impl ::otp::Actor for Camera {
        type Args = ();
        type Message = CameraMessage;
        type Client<M: ::otp::mode::Mode> = CameraRef<M>;
        const NAME: &'static str = "Camera";
        const OPTIONS: ::otp::actor::Options = ::otp::actor::Options::DEFAULT
            .restart(::otp::Restart::Transient)
            .thread();
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
                CameraMessage::Shoot(reply) => {
                    if reply.begin() {
                        let answer = Self::shoot(self);
                        ctx.reply(reply, answer);
                    }
                    ::otp::actor::Handled::Done(::core::result::Result::Ok(()))
                }
            }
        }
        fn message_code(
            message: &Self::Message,
        ) -> ::core::option::Option<&'static ::otp::__private::Code> {
            match message {
                CameraMessage::Shoot(..) => {
                    static CODE: ::otp::__private::Code = ::otp::__private::Code::new(
                        "shoot",
                    );
                    ::core::option::Option::Some(&CODE)
                }
            }
        }
        fn message_name(message: &Self::Message) -> &'static str {
            match message {
                CameraMessage::Shoot(..) => "shoot",
            }
        }
        fn message_kind(message: &Self::Message) -> ::otp::sys::MessageKind {
            match message {
                CameraMessage::Shoot(.., reply) => {
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
    impl<M: ::otp::mode::Mode> ::otp::client::Client<Camera> for CameraRef<M> {
        type Mode = M;
        fn from_ref(inner: ::otp::ActorRef<Camera, M>) -> Self {
            Self(inner)
        }
        fn inner(&self) -> &::otp::ActorRef<Camera, M> {
            &self.0
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Mode> ::core::clone::Clone for CameraRef<M> {
        fn clone(&self) -> Self {
            Self(::core::clone::Clone::clone(&self.0))
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Mode> ::core::fmt::Debug for CameraRef<M> {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, formatter)
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Addressed> ::core::cmp::PartialEq for CameraRef<M> {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    #[automatically_derived]
    impl<M: ::otp::mode::Addressed> ::core::cmp::Eq for CameraRef<M> {}
    #[automatically_derived]
    impl<M: ::otp::mode::Addressed> ::core::hash::Hash for CameraRef<M> {
        fn hash<H: ::core::hash::Hasher>(&self, hasher: &mut H) {
            ::core::hash::Hash::hash(&self.0, hasher);
        }
    }
    impl<M: ::otp::mode::Mode> CameraRef<M> {
        ///Calls `shoot`.
        fn shoot(&self) -> <M as ::otp::mode::AwaitsReply>::Answer<Image>
        where
            M: ::otp::mode::AwaitsReply,
        {
            ::otp::__private::reply_must_be_send::<
                Image,
                _,
                _,
                _,
            >()(&self.0, |reply| CameraMessage::Shoot(reply))
        }
    }
    impl Camera {
        /**Starts a `Camera` and waits for its `init`; nobody is linked to it.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start() -> ::core::result::Result<CameraRef, ::otp::StartError> {
            ::otp::__private::start::<Self>(())
        }
        /**Starts a `Camera` linked to the caller and waits for its `init`.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start_link() -> ::core::result::Result<CameraRef, ::otp::StartError> {
            ::otp::__private::start_link::<Self>(())
        }
        ///How a supervisor starts a `Camera`: each time anew, with clones of these arguments.
        pub fn child_spec() -> ::otp::ChildSpec<Self> {
            ::otp::__private::child_spec::<Self>((), ::core::clone::Clone::clone)
        }
    }
};
