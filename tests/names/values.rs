//! Names as values.

use std::{collections::HashSet, sync::Arc};

use otp::{Name, name::RegName};

use super::{Book, Idle};

#[test]
fn names_are_equal_when_they_name_the_same() {
    let (book, other) = (Arc::new(Book::default()), Arc::new(Book::default()));
    let text = [Name::<Idle>::new("a"), Name::from("a"), Name::from("a".to_owned()), Name::from(Arc::<str>::from("a"))];
    let via = [Name::via(&book, "a"), Name::via(&book, "a")];
    for group in [&text[..], &via[..]] {
        for name in group {
            assert_eq!(*name, group[0]);
            assert_eq!(name.client(), group[0].client());
            assert_eq!(name.to_string(), group[0].to_string());
        }
    }
    let different = [text[0].clone(), Name::new("b"), via[0].clone(), Name::via(&book, "b"), Name::via(&other, "a")];
    assert_eq!(different.iter().collect::<HashSet<_>>().len(), 5);
    assert_eq!(different.iter().map(|name| name.client()).collect::<HashSet<_>>().len(), 5);
    // Not by their hashes alone.
    for (index, name) in different.iter().enumerate() {
        assert!(different[..index].iter().all(|other| other != name), "{name:?}");
    }
    let named: HashSet<_> = text.iter().chain(&via).cloned().map(RegName::from).collect();
    assert_eq!(named.len(), 2);
    assert_eq!(RegName::from(&text[2]), "a");
    assert_ne!(RegName::from(&via[0]), "a");
    let printed = [format!("{} {:?}", text[0], text[0]), format!("{} {:?}", via[0], via[0])];
    assert_eq!(printed, ["a Name(\"a\")", "\"a\" Name(Via(\"a\"))"]);
    assert_eq!(format!("{:?}", text[0].client()), "Idle(\"a\")");
}
