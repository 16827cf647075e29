//! What is read, and what is still read after a mistake.

use quote::{ToTokens, quote};

use super::*;
use crate::errors::Errors;
use crate::{check, wording};

/// The children of `Shop<one_for_one> { body }`, each as a letter for its kind and its name, and the number of errors.
fn children(body: TokenStream) -> (Vec<String>, usize) {
    let tree = parse(quote!(::otp; Shop<one_for_one> { #body })).expect("has a name");
    let children = tree.supervisor.children().map(|child| {
        let kind = match &child.start {
            Start::One(_) => "one",
            Start::Each(_) => "each",
            Start::Nested(_) => "nested",
            Start::Dynamic(_) => "dynamic",
            Start::Partition(_) => "partition",
            Start::Spec(_) => "spec",
            Start::Unreadable(_) => "unreadable",
        };
        format!("{kind} {}", child.name)
    });
    (children.collect(), errors(&tree))
}

fn errors(tree: &Tree) -> usize {
    let mut errors = Errors::new();
    check::supervisor::check(tree, &mut errors);
    errors.to_token_stream().to_string().matches("compile_error").count()
}

#[track_caller]
fn reads(body: TokenStream, expected: &[&str]) {
    fails(body, 0, expected);
}

#[track_caller]
fn fails(body: TokenStream, errors: usize, expected: &[&str]) {
    assert_eq!(children(body), (expected.iter().map(ToString::to_string).collect(), errors));
}

#[test]
fn every_kind_of_child() {
    reads(
        quote! {
            intensity: 3 in 5s;
            a: A();
            b: [B(i) for (i, _) in all] { restart: transient };
            c: supervisor<one_for_all> { d: D(); } { significant: false };
            e: = spec(|x: u8, y: u8| x | y);
            f: dynamic<F<Vec<u8>>> { restart: temporary, max_children: f(1), intensity: 1 in 2s };
            g: dynamic<F>;
            h: dynamic::F();
            i: partition<I>();
            j: partition<J<Vec<u8>>>(x, 1) for x { partitions: f(1), strategy: one_for_all, name: "j" };
            k: partition::K();
            l: dynamic<L>(x, 1) for x: Vec<u8> { restart: temporary };
            m: dynamic<M<Vec<u8>>>(x) for (x, M { y }): (fn(u8) -> u8, M);
            n: dynamic<N>(1) for ();
            o: dynamic<O>(x, y) for O { x, y }: O { name: "o" };
            auto_shutdown: never;
        },
        &[
            "one a",
            "each b",
            "nested c",
            "spec e",
            "dynamic f",
            "dynamic g",
            "one h",
            "partition i",
            "partition j",
            "one k",
            "dynamic l",
            "dynamic m",
            "dynamic n",
            "dynamic o",
        ],
    );
}

#[test]
fn a_type_ends_at_the_first_parentheses_outside_of_angle_brackets() {
    for ty in [
        quote!(A),
        quote!(a::B),
        quote!(::a::B<C, { 1 > 0 }>),
        quote!(A<fn(u8) -> u8>),
        quote!(A<Box<dyn Fn(u8) -> Vec<u8>>>),
        quote!(<A as B<(C, D)>>::E),
        quote!(ty!(A, B)),
    ] {
        let tree = parse(quote!(::otp; Shop<one_for_one> { a: #ty(1, 2); })).expect("has a name");
        let Some(Start::One(call)) = tree.supervisor.children().next().map(|child| &child.start) else {
            panic!("`{ty}` is not read as a type");
        };
        assert_eq!(wording::code(&call.ty), wording::code(&ty));
        assert_eq!(call.arguments.to_token_stream().to_string(), "(1 , 2)");
        assert_eq!(errors(&tree), 0);
    }
}

#[test]
fn an_error_never_swallows_the_next_child() {
    let next = ["one last"];
    fails(quote!(intensity: 3; last: A();), 1, &next);
    fails(quote!(intensity: 3 last: A();), 2, &next);
    fails(quote!(intensty: 3 in 5s; last: A();), 1, &next);
    fails(quote!(strategy: one_for_one; last: A();), 1, &next);
    fails(quote!(+ - 3; last: A();), 1, &next);
    fails(quote!(a A(); last: A();), 1, &next);
    fails(quote!(fn: A(); last: A();), 1, &next);
    fails(quote!(_: A(); last: A();), 1, &next);
    let next = ["unreadable a", "one last"];
    fails(quote!(a: ; last: A();), 1, &next);
    fails(quote!(a: A<B(1); last: A();), 1, &next);
    fails(quote!(a: []; last: A();), 1, &next);
    fails(quote!(a: [A()]; last: A();), 1, &next);
    fails(quote!(a: [A() for i in]; last: A();), 1, &next);
    fails(quote!(a: supervizor<one_for_one> {}; last: A();), 1, &next);
    fails(quote!(a: =; last: A();), 1, &["spec a", "one last"]);
    fails(quote!(a: supervisor<one_for_one>; last: A();), 1, &["nested a", "one last"]);
    fails(quote!(a: [A for i in 0..3] last: A();), 1, &["each a", "one last"]);
    let next = ["one a", "one last"];
    fails(quote!(a: A; last: A();), 1, &next);
    fails(quote!(a: A last: A();), 1, &next);
    fails(quote!(a: A #[doc = "b"] last: A();), 1, &next);
    let next = ["dynamic a", "one last"];
    fails(quote!(a: dynamic; last: A();), 1, &next);
    fails(quote!(a: dynamic<> last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x); last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(|x: u8| x); last: A();), 1, &next);
    fails(quote!(a: dynamic<A> for x: X; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for : X; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x { restart: temporary }; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x: ; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x in 0..3 { restart: temporary }; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x: _; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x: &X; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x: X for y: Y { restart: temporary }; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x: X, y: Y, z: Z { restart: temporary }; last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x: X, last: A();), 1, &next);
    fails(quote!(a: dynamic<A>(x) for x: X last: A();), 1, &next);
    let next = ["partition a", "one last"];
    fails(quote!(a: partition; last: A();), 1, &next);
    fails(quote!(a: partition<>(); last: A();), 1, &next);
    fails(quote!(a: partition<A>; last: A();), 1, &next);
    fails(quote!(a: partition<A> last: A();), 1, &next);
    fails(quote!(a: partition<A>(i) for i: usize { partitions: 2 }; last: A();), 1, &next);
    let next = ["one a", "one last"];
    fails(quote!(a: A() last: A();), 1, &next);
    fails(quote!(a: A() {} last: A();), 1, &next);
    fails(quote!(a: A() + 1; last: A();), 1, &next);
    fails(quote!(a: A(x) for x: X { restart: temporary }; last: A();), 1, &next);
    fails(quote!(a: A(), last: A();), 1, &next);
    fails(quote!(auto_shutdown: ; a: A() { significant, restart transient }; last: A();), 2, &next);
    fails(quote!(a: A() { backoff: 100ms... }; last: A();), 1, &next);
    fails(quote!(a: A() { significant: maybe }; last: A();), 1, &next);
    fails(quote!(#[doc = "a" b] a: A(); last: A();), 1, &next);
    fails(quote!(a: A() { restart, shutdown: 1, x: 3, + }; last: A();), 4, &next);
    fails(quote!(a: supervisor { x: } {} last: A();), 3, &["nested a", "one last"]);
    fails(quote!(a: supervisor<one_for_all> {} for x: X; last: A();), 1, &["nested a", "one last"]);
    fails(quote!(a: = b last: A();), 1, &["spec a", "one last"]);
}

#[test]
fn a_tree_without_a_name_is_one_error() {
    for tokens in [
        quote!(),
        quote!(<one_for_one> {}),
        quote!(
            pub struct Shop {}
        ),
        quote!("shop"),
    ] {
        let error = parse(quote!(::otp; #tokens)).err().expect("has no name");
        assert_eq!(error.into_iter().count(), 1, "`{tokens}`");
    }
}

#[test]
fn parameters_go_on_after_a_bad_one() {
    let tree = quote!(::otp; Shop<one_for_one>(a: A, mut b: B, c, d: D<E, F>, +, g: G) {});
    let tree = parse(tree).expect("has a name");
    let names = tree.parameters.iter().map(|parameter| parameter.name.to_string());
    assert_eq!(names.collect::<Vec<_>>(), ["a", "b", "d", "g"]);
    assert_eq!(errors(&tree), 3);
}
