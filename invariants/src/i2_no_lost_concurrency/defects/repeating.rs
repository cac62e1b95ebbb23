//! Defects in which one put becomes two versions, or its second version comes back.

use crate::defect::{Cost, Defect, Loss, When};
use dynamo_model::rules::{Freshness, Rules};
use dynamo_model::version::Context;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "retry-is-a-new-put",
        rule: "put_freshness",
        story: "Ann puts a cart with tea through A, and sends the put again because no answer \
                comes. A acknowledges the first request, then takes the second for a new put and \
                gives it another dot. If Bob reads A's copy now, he gets one cart as two siblings.",
        what: "A coordinator does not recognise a put that it has already coordinated. A retry \
               gets a second dot, and a value comes back that another client had read and \
               replaced.",
        missed_by: "A retry alone only shows one value twice, so you must compare dots. You see a \
                    value come back only if a second client reads and replaces it before the \
                    repeated request arrives.",
        breaks: &["I2.one-put-one-version", "I2.siblings-are-an-antichain"],
        scope: "late-retry",
        cost: Cost {
            when: When::Retry,
            skip: "remembering to which requests the coordinator has given a dot",
            lose: "the effect of another client's update: the retried old value comes back beside \
                   it",
            loss: Loss::Told {
                scope: "coordinated-twice-and-get",
                harm: "harm.replaced-value-is-seen",
                ending: "Bob reads Ann's bread and replaces it by milk. Then a late copy of Ann's \
                         put arrives, and A takes it for a new one. Bob reads bread and milk as \
                         siblings, and has to replace the bread again.",
            },
        },
        rules: || Rules { put_freshness: |_, _, _| Freshness::New, ..Rules::default() },
    },
    Defect {
        name: "put-elsewhere-is-a-new-put",
        rule: "put_freshness",
        story: "Ann puts a cart with tea through B, which forwards it to A, hears nothing, and \
                coordinates the put as a fallback. Bob reads B's version of the cart through A, \
                and puts a cart with milk over it. Then the forwarded put arrives, and A takes it \
                for new. Ann's old cart is back beside Bob's.",
        what: "A coordinator recognises only the puts to which it has given a dot itself. A put \
               that came from another coordinator, and has been replaced since, gets a second dot \
               when its request arrives. Its value comes back.",
        missed_by: "Each coordinator recognises the retries of its own puts. You need a silent \
                    coordinator and a fallback that coordinates instead. A client must replace the \
                    value before the silent node gets the request.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "coordinated-twice",
        cost: Cost {
            when: When::Retry,
            skip: "recognising a put that another node has already coordinated",
            lose: "the effect of another client's update: the old value comes back beside it when \
                   the delayed request arrives",
            loss: Loss::Told {
                scope: "coordinated-twice-and-get",
                harm: "harm.replaced-value-is-seen",
                ending: "Bob reads Ann's bread and replaces it by milk. Then the put that B had \
                         forwarded before it coordinated it itself arrives, and A takes it for a \
                         new one. Bob reads bread and milk as siblings.",
            },
        },
        rules: || Rules {
            put_freshness: |remembered, request, _| {
                (Rules::default().put_freshness)(remembered, request, &Context::new())
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "replaced-under-one-dot",
        rule: "version_replaces",
        story: "Ann puts a cart with tea through B; B hears nothing from A and coordinates the put \
                too, so the cart has two dots. Bob reads the cart through A under A's dot, and B's \
                version reaches A. Bob puts a cart with milk over what he read. A still keeps \
                Ann's cart under B's dot beside it.",
        what: "A put replaces only the dots that its client has read. If two nodes have \
               coordinated the replaced put, its version under the other dot stays beside the new \
               one.",
        missed_by: "Where each put has one dot, nothing differs. You need a put that two nodes \
                    have coordinated. You also need a client that reads one version and puts over \
                    it at a node that holds both.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "coordinated-twice",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "replacing a put under both dots, if two nodes coordinated it",
            lose: "the effect of the client's update: the value that it replaced stays beside it \
                   under the other dot",
            loss: Loss::Told {
                scope: "coordinated-twice-and-get",
                harm: "harm.replaced-value-is-seen",
                ending: "A and B both coordinate Ann's put of bread, so it has two dots. Bob \
                         reads the bread under one of them and replaces it by milk. The bread \
                         under the other dot stays, and Bob reads bread and milk as siblings.",
            },
        },
        rules: || Rules {
            version_replaces: |read, _, sibling| read.covers(sibling.dot),
            ..Rules::default()
        },
    },
    Defect {
        name: "context-names-no-request",
        rule: "put_context",
        story: "Ann puts a cart with tea through B; B hears nothing from A and coordinates the put \
                too, so the cart has two dots. Bob reads the cart through A, and then B's version \
                reaches A, which does not see that both are one put. Bob puts a cart with milk \
                over what he read. A still keeps Ann's cart beside it.",
        what: "A context knows a put by its dot alone, and not by its request. If two nodes have \
               coordinated a put, a client that replaces one version does not replace the other.",
        missed_by: "Until a client puts over it, the second version only repeats the first. You \
                    need a client that reads one version before the other arrives, and a look at \
                    the siblings after it has put over that version.",
        breaks: &["I2.siblings-are-an-antichain", "I2.clocks-are-causal"],
        scope: "coordinated-twice",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "naming a put's request beside its dot in a context",
            lose: "the effect of the client's update: a second version of the value that it \
                   replaced stays beside it",
            loss: Loss::Told {
                scope: "coordinated-twice-and-get",
                harm: "harm.replaced-value-is-seen",
                ending: "A and B both coordinate Ann's put of bread, so it has two dots. Bob \
                         reads it under one of them and replaces it by milk. His context does not \
                         name the request, so the bread under the other dot stays, and he reads \
                         both.",
            },
        },
        rules: || Rules {
            put_context: |read, put, _, _| read.clone().with(put),
            ..Rules::default()
        },
    },
    Defect {
        name: "forward-to-all",
        rule: "coordinators",
        story: "Ann puts a cart with tea through B, which is no replica of the key. B forwards the \
                put to A and to C, and each gives it a dot of its own. If Bob reads from A and C \
                now, he gets one cart as two siblings.",
        what: "A node outside the preference list forwards a put to every intended replica. Each \
               of them coordinates it, and the value becomes its own sibling.",
        missed_by: "Both versions have one value, so a check that compares values sees no \
                    difference. You need a client at a node outside the preference list, and a \
                    comparison of dots.",
        breaks: &["I2.one-put-one-version"],
        scope: "forwarding",
        cost: Cost {
            when: When::NoFault,
            skip: "choosing one coordinator when you forward a put",
            lose: "a single version: the client gets one put back as two siblings",
            loss: Loss::Untold(
                "One put gets a version from each coordinator. The next client that reads sees \
                 its value twice, as siblings, and has to merge what nobody wrote twice. In the \
                 scopes tried no older value came back.",
            ),
        },
        rules: || Rules {
            coordinators: |_, preference_list, _, _| preference_list.to_vec(),
            ..Rules::default()
        },
    },
];
