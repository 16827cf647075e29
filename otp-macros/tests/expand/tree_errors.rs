::core::compile_error! {
    "unknown restart strategy `OneForOne`, expected one of `one_for_one`, `one_for_all`, `rest_for_one`\n\nhelp: did you mean `one_for_one`?"
}
::core::compile_error! {
    "child `cache` lacks its arguments\n\nhelp: write them in parentheses after the type, `()` when there are none"
}
::core::compile_error! {
    "a repeated child reads `[Actor(..) for i in 0..3]`"
}
::core::compile_error! {
    "`restart` needs a value, as in `restart: transient`"
}
::core::compile_error! {
    "`url` is kept for restarts, so it must own its data, but `&str` is borrowed"
}
::core::compile_error! {
    "second child named `db`; children are found by name"
}
::core::compile_error! {
    "first child named `db`"
}
/// The `Shop` supervision tree, running.
pub struct Shop(::otp::SupervisorRef);
impl Shop {
    /// The `db` child.
    #[must_use]
    pub fn db(&self) -> <Db as ::otp::Child>::Client {
        <Db as ::otp::Child>::client(self.0.place().child("db"))
    }
    /// The `cache` child.
    #[must_use]
    pub fn cache(&self) -> <Cache as ::otp::Child>::Client {
        <Cache as ::otp::Child>::client(self.0.place().child("cache"))
    }
    /// The `back` child.
    #[must_use]
    pub fn back(&self) -> ShopBack {
        <ShopBack as ::otp::Child>::client(self.0.place().child("back"))
    }
    /// The supervisor itself, to look at its children or to stop it.
    #[must_use]
    pub fn supervisor(&self) -> &::otp::SupervisorRef {
        &self.0
    }
    /// The shape of the tree, as it is declared. Nothing has to run.
    #[must_use]
    pub fn tree() -> ::otp::supervisor::Tree {
        ::core::unimplemented!()
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
/// The `back` tree of [`Shop`].
pub struct ShopBack(::otp::SupervisorRef);
impl ShopBack {
    /// The `other` child.
    #[must_use]
    pub fn other(&self) -> <Worker as ::otp::Child>::Client {
        <Worker as ::otp::Child>::client(self.0.place().child("other"))
    }
    /// The supervisor itself, to look at its children or to stop it.
    #[must_use]
    pub fn supervisor(&self) -> &::otp::SupervisorRef {
        &self.0
    }
    /// The shape of the tree, as it is declared. Nothing has to run.
    #[must_use]
    pub fn tree() -> ::otp::supervisor::Tree {
        ::core::unimplemented!()
    }
}
#[automatically_derived]
impl ::core::clone::Clone for ShopBack {
    fn clone(&self) -> Self {
        Self(::core::clone::Clone::clone(&self.0))
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for ShopBack {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Formatter::debug_tuple(f, "ShopBack").field(&self.0).finish()
    }
}
#[automatically_derived]
impl ::core::fmt::Display for ShopBack {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Display::fmt(&self.0, f)
    }
}
#[automatically_derived]
impl ::core::convert::AsRef<::otp::SupervisorRef> for ShopBack {
    fn as_ref(&self) -> &::otp::SupervisorRef {
        &self.0
    }
}
const _: () = {
    impl Shop {
        /// Starts the tree and returns when all its children are up.
        ///
        /// # Errors
        ///
        /// The reason of the first child that does not start; those before it are stopped again.
        pub fn start(
            url: &str,
            shards: usize,
        ) -> ::core::result::Result<Shop, ::otp::StartError> {
            let _ = (url, shards);
            ::core::unimplemented!()
        }
        /// [`start`](Self::start), linked to the caller: if one of the two ends, so does the other.
        ///
        /// # Errors
        ///
        /// As for [`start`](Self::start).
        pub fn start_link(
            url: &str,
            shards: usize,
        ) -> ::core::result::Result<Shop, ::otp::StartError> {
            let _ = (url, shards);
            ::core::unimplemented!()
        }
        /// How a supervisor starts this tree as one of its children.
        pub fn child_spec(url: &str, shards: usize) -> ::otp::ChildSpec<Shop> {
            let _ = (url, shards);
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl ::otp::Child for Shop {
        type Args = ();
        type Client = Self;
        fn spec(
            args: impl ::core::ops::Fn(
            ) -> Self::Args + ::core::marker::Send + ::core::marker::Sync + 'static,
        ) -> ::otp::ChildSpec<Self> {
            let _ = args;
            ::core::unimplemented!()
        }
        fn client(slot: ::otp::supervisor::Place) -> Self {
            Self(::otp::SupervisorRef::from_place(slot))
        }
    }
    #[automatically_derived]
    impl ::otp::Child for ShopBack {
        type Args = ::core::convert::Infallible;
        type Client = Self;
        fn spec(
            args: impl ::core::ops::Fn(
            ) -> Self::Args + ::core::marker::Send + ::core::marker::Sync + 'static,
        ) -> ::otp::ChildSpec<Self> {
            let _ = args;
            ::core::unimplemented!()
        }
        fn client(slot: ::otp::supervisor::Place) -> Self {
            Self(::otp::SupervisorRef::from_place(slot))
        }
    }
};
