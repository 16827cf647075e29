/// Keeps a shop running.
pub(crate) struct Shop(::otp::SupervisorRef);
impl Shop {
    /// Where the data is.
    #[must_use]
    pub(crate) fn db(&self) -> <Db as ::otp::Child>::Client {
        <Db as ::otp::Child>::client(self.0.place().child("db"))
    }
    /// The `workers` child.
    #[must_use]
    pub(crate) fn workers(&self) -> ShopWorkers {
        <ShopWorkers as ::otp::Child>::client(self.0.place().child("workers"))
    }
    #[cfg(feature = "metrics")]
    /// The `metrics` child.
    #[must_use]
    pub(crate) fn metrics(&self) -> <Metrics as ::otp::Child>::Client {
        <Metrics as ::otp::Child>::client(self.0.place().child("metrics"))
    }
    /// The `sessions` child.
    #[must_use]
    pub(crate) fn sessions(
        &self,
    ) -> <Session as ::otp::__private::InTreeFrom<String>>::Client {
        <Session as ::otp::__private::InTreeFrom<
            String,
        >>::client(self.0.place().child("sessions"))
    }
    /// The `extra` child.
    #[must_use]
    pub(crate) fn extra(&self) -> ::otp::supervisor::Place {
        self.0.place().child("extra")
    }
    /// The supervisor itself, to look at its children or to stop it.
    #[must_use]
    pub(crate) fn supervisor(&self) -> &::otp::SupervisorRef {
        &self.0
    }
    /// The shape of the tree, as it is declared. Nothing has to run.
    #[must_use]
    pub(crate) fn tree() -> ::otp::supervisor::Tree {
        ::otp::__private::declared_shape::<Self>()
    }
}
#[automatically_derived]
impl ::core::clone::Clone for Shop {
    fn clone(&self) -> Self {
        Self(::core::clone::Clone::clone(&self.0))
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for Shop {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Formatter::debug_tuple(f, "Shop").field(&self.0).finish()
    }
}
#[automatically_derived]
impl ::core::fmt::Display for Shop {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Display::fmt(&self.0, f)
    }
}
#[automatically_derived]
impl ::core::convert::AsRef<::otp::SupervisorRef> for Shop {
    fn as_ref(&self) -> &::otp::SupervisorRef {
        &self.0
    }
}
/// The `workers` tree of [`Shop`].
pub(crate) struct ShopWorkers(::otp::SupervisorRef);
impl ShopWorkers {
    /// The `worker` children.
    #[must_use]
    pub(crate) fn worker(&self) -> ::std::vec::Vec<<Worker as ::otp::Child>::Client> {
        ::core::iter::Iterator::collect(
            ::core::iter::Iterator::map(
                ::core::iter::IntoIterator::into_iter(self.0.place().children("worker")),
                <Worker as ::otp::Child>::client,
            ),
        )
    }
    /// The supervisor itself, to look at its children or to stop it.
    #[must_use]
    pub(crate) fn supervisor(&self) -> &::otp::SupervisorRef {
        &self.0
    }
    /// The shape of the tree, as it is declared. Nothing has to run.
    #[must_use]
    pub(crate) fn tree() -> ::otp::supervisor::Tree {
        ::otp::__private::declared_shape::<Self>()
    }
}
#[automatically_derived]
impl ::core::clone::Clone for ShopWorkers {
    fn clone(&self) -> Self {
        Self(::core::clone::Clone::clone(&self.0))
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for ShopWorkers {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Formatter::debug_tuple(f, "ShopWorkers").field(&self.0).finish()
    }
}
#[automatically_derived]
impl ::core::fmt::Display for ShopWorkers {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Display::fmt(&self.0, f)
    }
}
#[automatically_derived]
impl ::core::convert::AsRef<::otp::SupervisorRef> for ShopWorkers {
    fn as_ref(&self) -> &::otp::SupervisorRef {
        &self.0
    }
}
const _: () = {
    fn parameters_are_shared_between_threads(
        args: (Config, usize),
    ) -> ::std::boxed::Box<
        dyn ::core::ops::Fn(
            &::otp::supervisor::Place,
        ) -> ::otp::Supervisor + ::core::marker::Send + ::core::marker::Sync,
    >
    where
        for<'otp> Config: ::core::marker::Send + ::core::marker::Sync + 'static,
        for<'otp> usize: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        let args = ::std::sync::Arc::new(args);
        ::std::boxed::Box::new(move |slot| __otp_build(slot, &args))
    }
    impl Shop {
        /// Starts the tree and returns when all its children are up.
        ///
        /// # Errors
        ///
        /// The reason of the first child that does not start; those before it are stopped again.
        pub(crate) fn start(
            config: Config,
            shards: usize,
        ) -> ::core::result::Result<Shop, ::otp::StartError> {
            ::core::result::Result::map(
                ::otp::__private::start_tree(
                    "Shop",
                    parameters_are_shared_between_threads((config, shards)),
                    false,
                ),
                Shop,
            )
        }
        /// [`start`](Self::start), linked to the caller: if one of the two ends, so does the other.
        ///
        /// # Errors
        ///
        /// As for [`start`](Self::start).
        pub(crate) fn start_link(
            config: Config,
            shards: usize,
        ) -> ::core::result::Result<Shop, ::otp::StartError> {
            ::core::result::Result::map(
                ::otp::__private::start_tree(
                    "Shop",
                    parameters_are_shared_between_threads((config, shards)),
                    true,
                ),
                Shop,
            )
        }
        /// How a supervisor starts this tree as one of its children.
        pub(crate) fn child_spec(
            config: Config,
            shards: usize,
        ) -> ::otp::ChildSpec<Shop> {
            ::otp::__private::tree_spec::<
                Shop,
            >(parameters_are_shared_between_threads((config, shards)))
        }
    }
    fn __otp_build(
        slot: &::otp::supervisor::Place,
        args: &::std::sync::Arc<(Config, usize)>,
    ) -> ::otp::Supervisor
    where
        for<'otp> Config: ::core::marker::Send + ::core::marker::Sync + 'static,
        for<'otp> usize: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        let _ = (slot, args);
        let config = &args.0;
        let _ = &config;
        let shards = &args.1;
        let _ = &shards;
        let builder = ::otp::Supervisor::new(::otp::Strategy::RestForOne)
            .intensity(3u32, ::core::time::Duration::new(0u64, 500000000u32))
            .auto_shutdown(::otp::supervisor::AutoShutdown::AnySignificant);
        let builder = builder
            .child(
                "db",
                <Db as ::otp::Child>::spec({
                        let args = ::core::clone::Clone::clone(args);
                        move || {
                            let config = &args.0;
                            let _ = &config;
                            (config.url.clone(),)
                        }
                    })
                    .shutdown(
                        ::otp::Shutdown::After(::core::time::Duration::new(10u64, 0u32)),
                    )
                    .name("db"),
            );
        let db = <Db as ::otp::Child>::client(slot.child("db"));
        let _ = &db;
        let builder = builder
            .child(
                "workers",
                {
                    let kept_db = ::core::clone::Clone::clone(&db);
                    let args = ::core::clone::Clone::clone(args);
                    ::otp::__private::tree_spec::<
                        ShopWorkers,
                    >(move |slot| {
                        let args = &args;
                        let shards = &args.1;
                        let _ = &shards;
                        let db = ::core::clone::Clone::clone(&kept_db);
                        let _ = &db;
                        let builder = ::otp::Supervisor::new(::otp::Strategy::OneForAll);
                        let builder = {
                            let mut builder = builder;
                            for (index, i) in ::core::iter::Iterator::enumerate(
                                ::core::iter::IntoIterator::into_iter(0..*shards),
                            ) {
                                builder = builder
                                    .child(
                                        ("worker", index),
                                        <Worker as ::otp::Child>::spec({
                                                let kept_db = ::core::clone::Clone::clone(&db);
                                                let kept_i = ::core::clone::Clone::clone(&i);
                                                move || {
                                                    let db = ::core::clone::Clone::clone(&kept_db);
                                                    let _ = &db;
                                                    let i = ::core::clone::Clone::clone(&kept_i);
                                                    let _ = &i;
                                                    (db, i)
                                                }
                                            })
                                            .restart(::otp::Restart::Transient)
                                            .name({
                                                let i = ::core::clone::Clone::clone(&i);
                                                let _ = &i;
                                                format!("worker-{i}")
                                            }),
                                    );
                            }
                            builder
                        };
                        builder
                    })
                },
            );
        let workers = <ShopWorkers as ::otp::Child>::client(slot.child("workers"));
        let _ = &workers;
        #[cfg(feature = "metrics")]
        let builder = builder
            .child(
                "metrics",
                <Metrics as ::otp::Child>::spec({
                        let kept_db = ::core::clone::Clone::clone(&db);
                        let kept_workers = ::core::clone::Clone::clone(&workers);
                        move || {
                            let db = ::core::clone::Clone::clone(&kept_db);
                            let _ = &db;
                            let workers = ::core::clone::Clone::clone(&kept_workers);
                            let _ = &workers;
                            (db, workers)
                        }
                    })
                    .restart(::otp::Restart::Temporary)
                    .significant(true),
            );
        let builder = builder
            .child(
                "sessions",
                <Session as ::otp::__private::InTreeFrom<
                    String,
                >>::spec(
                    {
                        move || {
                            ::otp::supervisor::DynamicSupervisor::any().max_children(10)
                        }
                    },
                    {
                        let kept_db = ::core::clone::Clone::clone(&db);
                        let args = ::core::clone::Clone::clone(args);
                        move |user: String| {
                            let shards = &args.1;
                            let _ = &shards;
                            let db = ::core::clone::Clone::clone(&kept_db);
                            let _ = &db;
                            (user, db, shards)
                        }
                    },
                    |given, args| {
                        {
                            use ::otp::__private::{SaysNothing as _, SaysTemporary as _};
                            ::otp::__private::OwnRestart::<Session>::OF.starts()
                        }
                            .spec_from::<Session, String>(given, args)
                    },
                ),
            );
        let builder = builder.child("extra", third_party(config));
        builder
    }
    #[automatically_derived]
    impl ::otp::Child for Shop {
        type Args = (Config, usize);
        type Client = Self;
        fn spec(
            args: impl ::core::ops::Fn(
            ) -> Self::Args + ::core::marker::Send + ::core::marker::Sync + 'static,
        ) -> ::otp::ChildSpec<Self> {
            ::otp::__private::tree_spec::<
                Self,
            >(move |slot| parameters_are_shared_between_threads(args())(slot))
        }
        fn client(slot: ::otp::supervisor::Place) -> Self {
            Self(::otp::SupervisorRef::from_place(slot))
        }
        fn shape() -> ::core::option::Option<::otp::supervisor::Tree> {
            let tree = ::otp::supervisor::Tree::new("Shop", ::otp::Strategy::RestForOne)
                .intensity(3u32, ::core::time::Duration::new(0u64, 500000000u32))
                .auto_shutdown(::otp::supervisor::AutoShutdown::AnySignificant);
            let tree = tree
                .child(
                    <Db as ::otp::Child>::declared("db")
                        .shutdown(
                            ::otp::Shutdown::After(
                                ::core::time::Duration::new(10u64, 0u32),
                            ),
                        ),
                );
            let tree = tree.child(<ShopWorkers as ::otp::Child>::declared("workers"));
            #[cfg(feature = "metrics")]
            let tree = tree
                .child(
                    <Metrics as ::otp::Child>::declared("metrics")
                        .restart(::otp::Restart::Temporary)
                        .significant(),
                );
            let tree = tree
                .child(<Session as ::otp::Child>::declared("sessions").dynamic());
            let tree = tree.child(::otp::supervisor::TreeChild::unknown("extra"));
            ::core::option::Option::Some(tree)
        }
    }
    #[automatically_derived]
    impl ::otp::Child for ShopWorkers {
        type Args = ::core::convert::Infallible;
        type Client = Self;
        fn spec(
            args: impl ::core::ops::Fn(
            ) -> Self::Args + ::core::marker::Send + ::core::marker::Sync + 'static,
        ) -> ::otp::ChildSpec<Self> {
            ::otp::__private::tree_spec::<Self>(move |_| match args() {})
        }
        fn client(slot: ::otp::supervisor::Place) -> Self {
            Self(::otp::SupervisorRef::from_place(slot))
        }
        fn shape() -> ::core::option::Option<::otp::supervisor::Tree> {
            let tree = ::otp::supervisor::Tree::new(
                "ShopWorkers",
                ::otp::Strategy::OneForAll,
            );
            let tree = tree
                .child(
                    <Worker as ::otp::Child>::declared("worker")
                        .repeated("0..*shards")
                        .restart(::otp::Restart::Transient),
                );
            ::core::option::Option::Some(tree)
        }
    }
    let _ = Shop::start;
    let _ = Shop::start_link;
    let _ = Shop::child_spec;
    let _ = Shop::db;
    let _ = Shop::workers;
    #[cfg(feature = "metrics")]
    let _ = Shop::metrics;
    let _ = Shop::sessions;
    let _ = Shop::extra;
    let _ = Shop::supervisor;
    let _ = Shop::tree;
    let _ = ShopWorkers::worker;
    let _ = ShopWorkers::supervisor;
    let _ = ShopWorkers::tree;
};
