use super::*;
use crate::algebra::ids::ClientId;
use quickcheck::{Arbitrary, Gen, quickcheck};
use std::collections::BTreeSet;

impl Arbitrary for Dot {
    fn arbitrary(g: &mut Gen) -> Self {
        let incarnation = u64::arbitrary(g) % 2;
        let issuer = Issuer {
            node: NodeId(u16::arbitrary(g) % 3),
            incarnation,
            epoch: u64::arbitrary(g) % 2,
        };
        Dot { issuer, counter: 1 + u64::arbitrary(g) % 5 }
    }
}

impl Arbitrary for Context {
    fn arbitrary(g: &mut Gen) -> Self {
        let put = |context: Context, dot: Dot| context.with_put(dot, request(dot));
        Vec::<Dot>::arbitrary(g).into_iter().take(8).fold(Context::new(), put)
    }
}

/// The request that asked for a dot's put. Two nodes, or one node in two epochs, may have
/// coordinated one request.
fn request(dot: Dot) -> RequestId {
    RequestId { client: ClientId(dot.counter % 2), number: dot.counter }
}

/// A naive second implementation: the set itself.
fn dots_of(context: &Context) -> BTreeSet<Dot> {
    let issuers = (0..12).map(|n| Issuer {
        node: NodeId(n % 3),
        incarnation: u64::from(n / 6),
        epoch: u64::from(n / 3 % 2),
    });
    let every = issuers.flat_map(|issuer| (1..=8).map(move |counter| Dot { issuer, counter }));
    every.filter(|dot| context.covers(*dot)).collect()
}

quickcheck! {
    fn a_context_is_the_set_of_its_dots(dots: Vec<Dot>) -> bool {
        let context = dots.iter().copied().fold(Context::new(), Context::with);
        dots_of(&context) == dots.into_iter().collect()
    }

    fn merge_is_union(a: Context, b: Context) -> bool {
        dots_of(&a.merge(&b)) == &dots_of(&a) | &dots_of(&b)
    }

    fn equal_sets_have_equal_forms(a: Context, b: Context) -> bool {
        (a == b) == (dots_of(&a) == dots_of(&b))
    }

    fn merge_is_a_semilattice(a: Context, b: Context, c: Context) -> bool {
        a.merge(&b) == b.merge(&a) && a.merge(&a) == a && a.merge(&b).merge(&c) == a.merge(&b.merge(&c))
    }

    fn compare_is_inclusion(a: Context, b: Context) -> bool {
        let (x, y) = (dots_of(&a), dots_of(&b));
        a.compare(&b) == match (x.is_subset(&y), y.is_subset(&x)) {
            (true, true) => Causality::Equal,
            (true, false) => Causality::Before,
            (false, true) => Causality::After,
            (false, false) => Causality::Concurrent,
        }
    }

    fn the_requests_of_the_latest_dots_are_named(a: Context, b: Context) -> bool {
        let (both, dots) = (a.merge(&b), dots_of(&a.merge(&b)));
        let later = |dot: &Dot| dots.iter().filter(|other| other.issuer == dot.issuer && *other > dot).count();
        let expected = |dot: &Dot| (later(dot) < Context::REQUESTS_NAMED).then(|| request(*dot));
        dots.iter().all(|dot| both.request_of(*dot) == expected(dot))
    }

    fn renaming_is_renaming_every_dot(a: Context, b: Context, by: u16) -> bool {
        let name = |node: NodeId| NodeId((node.0 + by % 3) % 3);
        let renamed: BTreeSet<Dot> = dots_of(&a).into_iter().map(|dot| dot.renamed(name)).collect();
        let asked = |request: RequestId| RequestId { number: request.number + u64::from(by), ..request };
        let all = |context: &Context| context.renamed(name, asked);
        dots_of(&all(&a)) == renamed
            && all(&a.merge(&b)) == all(&a).merge(&all(&b))
            && a.compare(&b) == all(&a).compare(&all(&b))
    }

    fn filling_up_covers_all_below(a: Context, dot: Dot) -> bool {
        let below = (1..=dot.counter).map(|counter| Dot { issuer: dot.issuer, counter }).collect();
        dots_of(&a.clone().with_all_up_to(dot.issuer, dot.counter)) == &dots_of(&a) | &below
    }
}

#[test]
fn contexts_are_shown_compactly() {
    let dot = |node, counter| Dot { issuer: NodeId(node).into(), counter };
    let context = Context::new().with(dot(0, 1)).with(dot(0, 2)).with(dot(1, 1));
    assert_eq!(context.to_string(), "[A:2,B:1]");
    assert_eq!(context.clone().with(dot(0, 5)).with(dot(2, 3)).to_string(), "[A:2+5,B:1,C:0+3]");
    let other = |incarnation, epoch| Dot {
        issuer: Issuer { node: NodeId(0), incarnation, epoch },
        counter: 1,
    };
    assert_eq!(context.clone().with(other(7, 0)).to_string(), "[A:2,A~7:1,B:1]");
    assert_eq!(context.with(other(0, 3)).with(other(7, 3)).to_string(), "[A:2,A.3:1,A~7.3:1,B:1]");
}
