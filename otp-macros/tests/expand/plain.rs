impl Counter {
    #[init(__inside_actor)]
    fn init(start: i64, ctx: &mut Context<Self>) -> Result<Self, InitError> {
        body
    }
    #[handle_call(__inside_actor)]
    fn get(&self) -> i64 {
        body
    }
    #[handle_call(__inside_actor)]
    fn when(&mut self, n: i64, reply: ReplyTo<i64>) {
        body
    }
    #[handle_call(__inside_actor)]
    async fn fetch(&mut self, url: String) -> Bytes {
        body
    }
    #[handle_cast(__inside_actor)]
    fn reset(&mut self) -> Result<(), Error> {
        body
    }
    #[handle_info(__inside_actor)]
    fn tick(&mut self) {
        body
    }
    #[handle_info(__inside_actor)]
    fn line(&mut self, line: Line) {
        body
    }
    #[handle_info(__inside_actor)]
    fn down(&mut self, down: Down, ctx: &mut Context<Self>) {
        body
    }
    #[terminate(__inside_actor)]
    fn bye(&mut self, reason: &ExitReason) {
        body
    }
    fn helper(&self) {}
}
///A client of `Counter`: one method per handler, sent in the way of its mode.
pub struct CounterRef<M: ::otp::mode::Mode = ::otp::mode::Blocking>(
    ::otp::ActorRef<Counter, M>,
);
const _: () = {
    ///The messages of `Counter`.
    pub enum CounterMessage {
        Get(::otp::ReplyTo<i64>),
        When(::otp::__private::Payload<i64>, ::otp::ReplyTo<i64>),
        Fetch(::otp::__private::Payload<String>, ::otp::ReplyTo<Bytes>),
        Reset,
        Tick,
        Line(::otp::__private::Payload<Line>),
    }
    #[automatically_derived]
    impl ::otp::Actor for Counter {
        type Args = (i64,);
        type Message = CounterMessage;
        type Client<M: ::otp::mode::Mode> = CounterRef<M>;
        const NAME: &'static str = "Counter";
        const OPTIONS: ::otp::actor::Options = ::otp::actor::Options::DEFAULT
            .name("counter")
            .shutdown(::otp::Shutdown::After(::core::time::Duration::new(5u64, 0u32)));
        fn init(
            args: Self::Args,
            ctx: &mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'_, ::otp::actor::Init<Self>> {
            let (start,) = args;
            ::otp::actor::Handled::Done(
                ::otp::actor::IntoInit::<Self>::into_init(Self::init(start, ctx)),
            )
        }
        fn handle<'a>(
            &'a mut self,
            message: Self::Message,
            ctx: &'a mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'a> {
            match message {
                CounterMessage::Get(reply) => {
                    if reply.begin() {
                        let answer = Self::get(self);
                        ctx.reply(reply, answer);
                    }
                    ::otp::actor::Handled::Done(::core::result::Result::Ok(()))
                }
                CounterMessage::When(n, reply) => {
                    if reply.begin() {
                        let tracker = reply.tracker();
                        Self::when(self, n.take(), reply);
                        ctx.deferred(tracker);
                    }
                    ::otp::actor::Handled::Done(::core::result::Result::Ok(()))
                }
                CounterMessage::Fetch(url, reply) => {
                    ::otp::actor::Handled::future(async move {
                        if reply.begin() {
                            let answer = Self::fetch(self, url.take()).await;
                            ctx.reply(reply, answer);
                        }
                        ::core::result::Result::Ok(())
                    })
                }
                CounterMessage::Reset => {
                    ::otp::actor::Handled::Done(
                        ::otp::actor::IntoOutcome::into_outcome(Self::reset(self)),
                    )
                }
                CounterMessage::Tick => {
                    ::otp::actor::Handled::Done(
                        ::otp::actor::IntoOutcome::into_outcome(Self::tick(self)),
                    )
                }
                CounterMessage::Line(line) => {
                    ::otp::actor::Handled::Done(
                        ::otp::actor::IntoOutcome::into_outcome(
                            Self::line(self, line.take()),
                        ),
                    )
                }
            }
        }
        fn info<'a>(
            &'a mut self,
            info: ::otp::actor::Info,
            ctx: &'a mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'a> {
            let info = match info.downcast::<Line>() {
                ::core::result::Result::Ok(line) => {
                    return ::otp::actor::Handled::Done(
                        ::otp::actor::IntoOutcome::into_outcome(Self::line(self, line)),
                    );
                }
                ::core::result::Result::Err(info) => info,
            };
            let info = match info.downcast::<Down>() {
                ::core::result::Result::Ok(down) => {
                    return ::otp::actor::Handled::Done(
                        ::otp::actor::IntoOutcome::into_outcome(
                            Self::down(self, down, ctx),
                        ),
                    );
                }
                ::core::result::Result::Err(info) => info,
            };
            ::otp::__private::unexpected::<Self>(info)
        }
        fn terminate<'a>(
            &'a mut self,
            reason: &'a ::otp::ExitReason,
            ctx: &'a mut ::otp::Context<Self>,
        ) -> ::otp::actor::Handled<'a, ()> {
            ::otp::actor::Handled::Done(Self::bye(self, reason))
        }
        fn message_code(
            message: &Self::Message,
        ) -> ::core::option::Option<&'static ::otp::__private::Code> {
            match message {
                CounterMessage::Get(..) => {
                    static CODE: ::otp::__private::Code = ::otp::__private::Code::new(
                        "get",
                    );
                    ::core::option::Option::Some(&CODE)
                }
                CounterMessage::When(..) => {
                    static CODE: ::otp::__private::Code = ::otp::__private::Code::new(
                        "when",
                    );
                    ::core::option::Option::Some(&CODE)
                }
                CounterMessage::Fetch(..) => {
                    static CODE: ::otp::__private::Code = ::otp::__private::Code::new(
                        "fetch",
                    );
                    ::core::option::Option::Some(&CODE)
                }
                CounterMessage::Reset => {
                    static CODE: ::otp::__private::Code = ::otp::__private::Code::new(
                        "reset",
                    );
                    ::core::option::Option::Some(&CODE)
                }
                CounterMessage::Tick => {
                    static CODE: ::otp::__private::Code = ::otp::__private::Code::new(
                        "tick",
                    );
                    ::core::option::Option::Some(&CODE)
                }
                CounterMessage::Line(..) => {
                    static CODE: ::otp::__private::Code = ::otp::__private::Code::new(
                        "line",
                    );
                    ::core::option::Option::Some(&CODE)
                }
            }
        }
        fn message_name(message: &Self::Message) -> &'static str {
            match message {
                CounterMessage::Get(..) => "get",
                CounterMessage::When(..) => "when",
                CounterMessage::Fetch(..) => "fetch",
                CounterMessage::Reset => "reset",
                CounterMessage::Tick => "tick",
                CounterMessage::Line(..) => "line",
            }
        }
        fn message_kind(message: &Self::Message) -> ::otp::sys::MessageKind {
            match message {
                CounterMessage::Get(.., reply) => {
                    ::otp::sys::MessageKind::Call {
                        from: ::otp::ReplyTo::caller(reply),
                    }
                }
                CounterMessage::When(.., reply) => {
                    ::otp::sys::MessageKind::Call {
                        from: ::otp::ReplyTo::caller(reply),
                    }
                }
                CounterMessage::Fetch(.., reply) => {
                    ::otp::sys::MessageKind::Call {
                        from: ::otp::ReplyTo::caller(reply),
                    }
                }
                CounterMessage::Reset { .. } => ::otp::sys::MessageKind::Cast,
                CounterMessage::Tick { .. } => ::otp::sys::MessageKind::Info,
                CounterMessage::Line { .. } => ::otp::sys::MessageKind::Info,
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
    impl ::otp::actor::Handles<Line> for Counter {}
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
        ///Calls `get`.
        fn get(&self) -> <M as ::otp::mode::AwaitsReply>::Answer<i64>
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
        ///Calls `when`.
        fn when(&self, n: i64) -> <M as ::otp::mode::AwaitsReply>::Answer<i64>
        where
            M: ::otp::mode::AwaitsReply,
        {
            ::otp::__private::reply_must_be_send::<
                i64,
                _,
                _,
                _,
            >()(
                &self.0,
                |reply| CounterMessage::When(
                    ::otp::__private::handler_argument_must_be_send::<i64>()(n),
                    reply,
                ),
            )
        }
        ///Calls `fetch`.
        fn fetch(&self, url: String) -> <M as ::otp::mode::AwaitsReply>::Answer<Bytes>
        where
            M: ::otp::mode::AwaitsReply,
        {
            ::otp::__private::reply_must_be_send::<
                Bytes,
                _,
                _,
                _,
            >()(
                &self.0,
                |reply| CounterMessage::Fetch(
                    ::otp::__private::handler_argument_must_be_send::<String>()(url),
                    reply,
                ),
            )
        }
        ///Sends `reset`.
        fn reset(&self) -> <M as ::otp::mode::Mode>::Cast<Counter> {
            self.0.cast(CounterMessage::Reset)
        }
        ///Sends `tick`.
        fn tick(&self) -> <M as ::otp::mode::Mode>::Cast<Counter> {
            self.0.cast(CounterMessage::Tick)
        }
        ///Sends `line`.
        fn line(&self, line: Line) -> <M as ::otp::mode::Mode>::Cast<Counter> {
            self.0
                .cast(
                    CounterMessage::Line(
                        ::otp::__private::handler_argument_must_be_send::<Line>()(line),
                    ),
                )
        }
    }
    impl Counter {
        /**Starts a `Counter` and waits for its `init`; nobody is linked to it.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start(
            start: i64,
        ) -> ::core::result::Result<CounterRef, ::otp::StartError> {
            ::otp::__private::start::<Self>((start,))
        }
        /**Starts a `Counter` linked to the caller and waits for its `init`.

# Errors

What became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.*/
        pub fn start_link(
            start: i64,
        ) -> ::core::result::Result<CounterRef, ::otp::StartError> {
            ::otp::__private::start_link::<Self>((start,))
        }
        ///How a supervisor starts a `Counter`: each time anew, with clones of these arguments.
        pub fn child_spec(start: i64) -> ::otp::ChildSpec<Self>
        where
            for<'a> i64: ::core::clone::Clone,
        {
            ::otp::__private::child_spec::<
                Self,
            >(
                (start,),
                |args| {
                    let (start,) = args;
                    (::core::clone::Clone::clone(start),)
                },
            )
        }
    }
};
