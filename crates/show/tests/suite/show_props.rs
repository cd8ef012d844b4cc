//! Properties of a show's decider: facts are never refused, a rebuild is what was live, the shop hears everything, and nothing
//! that comes in makes it panic or grow without bound.

use proptest::prelude::*;
use show::desk::{ACTIONS_MAX, Action, ActionKind, DelayHow, Fact};
use show::moderation::Moderation;
use show::offer::Window;
use show::sale::{FREEZES_MAX, PINS_MAX};
use show::sentinel::{
    Decide, Hit, INCIDENTS_MAX, IncidentState, MACHINE_HAND_OVER_MAX, MACHINE_STOP_MAX, Mode,
    Policy, Response, RoomTurn, Severity, Shift, Signal, Stake, Verdict, Window as HeardWindow,
    room::Channel,
};
use show::shop::{self, Shop};
use show::*;
use units::*;

use crate::world::{T0, by, cases, yuan};

fn air() -> impl Strategy<Value = AirTime> {
    let s = |s: i64| AirTime::from_start(Duration::from_s(s));
    prop_oneof![
        20 => (0i64..60).prop_map(s),
        1 => Just(AirTime(i64::MIN)),
        1 => Just(AirTime(i64::MAX)),
    ]
}

fn sku() -> impl Strategy<Value = Sku> {
    prop::sample::select(vec!["LIP", "EYE"]).prop_map(|sku| sku.parse().expect("a SKU"))
}

fn change() -> impl Strategy<Value = OfferChange> {
    let window = (prop::option::of(air()), prop::option::of(air()))
        .prop_map(|(opens, closes)| Window { opens, closes });
    let price = prop_oneof![Just(yuan("79.00")), Just(yuan("59.00"))];
    (prop::option::of(price), prop::option::of(0u32..3), prop::option::of(window))
        .prop_map(|(price, limit, window)| OfferChange { price, limit, window })
}

fn fact() -> impl Strategy<Value = Fact> {
    let id = || (0u128..90).prop_map(ActionId::from_u128);
    let kinds = vec![ActionKind::Mute, ActionKind::Cut, ActionKind::Panic];
    let kind = prop::sample::select(kinds);
    let taken = (id(), kind, prop::option::of(air()), prop::option::of(air()));
    prop_oneof![
        4 => taken.prop_map(|(id, kind, from_air, to_air)| Fact::ActionTaken(Action {
            id, kind, from_air, to_air,
            by: by(), reason: None, from_media: MediaTime::ZERO, to_media: None,
            time_to_air: Duration::ZERO, late: false, forced: false, at: T0,
            state: Default::default(), undone_at: None,
        })),
        2 => (id(), prop::option::of(air()), prop::option::of(air())).prop_map(|(id, from_air, to_air)| {
            Fact::ActionMoved { id, from_air, to_air, to_media: None, from_media: None }
        }),
        2 => (id(), air()).prop_map(|(id, air)| Fact::ActionEnded { id, air }),
        1 => (id(), prop::option::of(air())).prop_map(|(id, to_air)| {
            Fact::ActionUndone { id, by: by(), to_air }
        }),
        1 => (air(), -20i64..20).prop_map(|(from_air, s)| Fact::DelaySet {
            delay: Duration::from_s(8), from_air, shift: Duration::from_s(s), how: DelayHow::Slate,
        }),
    ]
}

fn policy() -> Option<Policy> {
    let rules = vec!["core".to_owned()];
    Some(Policy { mode: Mode::Act, rules, ..Policy::default() })
}

fn hit() -> impl Strategy<Value = Hit> {
    let rule = prop::sample::select(vec!["core/contempt", "core/threat", "claims/minors"]);
    let proposed = prop::sample::select(vec![Response::Advise, Response::Mute, Response::HandOver]);
    let span = (0i64..600, 0i64..300);
    (rule, proposed, span, any::<bool>(), 0u128..400).prop_map(|(rule, proposed, span, last, n)| {
        Hit {
            rule: rule.to_owned(),
            score: 900,
            severity: Severity::Serious,
            proposed,
            from: MediaTime::from_ms(span.0 * 100),
            to: MediaTime::from_ms((span.0 + span.1) * 100),
            last,
            weak: n % 5 == 0,
            text: None,
            answers: None,
            stake: Stake::default(),
            incident: IncidentId::from_u128(n),
            action: ActionId::from_u128(1000 + n),
        }
    })
}

fn signal() -> impl Strategy<Value = Signal> {
    let hits = prop::collection::vec(hit(), 0..3);
    let window = (0i64..600, 1i64..200, any::<bool>(), any::<bool>(), hits);
    prop_oneof![
        6 => window.prop_map(|(from, long, heard, last, hits)| Signal::Window(HeardWindow {
            from: MediaTime::from_ms(from * 100),
            to: MediaTime::from_ms((from + long) * 100),
            heard,
            last,
            hits,
        })),
        1 => (0u128..400, any::<bool>(), 0i64..600).prop_map(|(n, sure, air)| Signal::Room {
            turn: RoomTurn {
                at: T0,
                since: T0,
                air: MediaTime::from_ms(air * 100),
                sure,
                shifts: vec![Shift { channel: Channel::Hostile, before: 1, now: 2, hits: 3, of: 4 }],
                messages: vec![MessageId::from_u128(n)],
            },
            stake: Stake::default(),
            incident: IncidentId::from_u128(n),
        }),
        1 => (0u128..400, any::<bool>()).prop_map(|(n, aired)| Signal::NotDone {
            action: ActionId::from_u128(1000 + n),
            aired,
            instead: ActionId::from_u128(9000 + n),
        }),
    ]
}

fn decide() -> impl Strategy<Value = Decide> {
    let verdict = Verdict::Wrong;
    prop::sample::select(vec![
        Decide::Confirm,
        Decide::Widen { from: None, to: None },
        Decide::Dismiss,
        Decide::Judge { verdict },
    ])
}

fn input() -> impl Strategy<Value = Input> {
    let brand = || "rouge".parse::<Slug>().expect("a slug");
    let plan = |start| Plan {
        show: "evening".parse().expect("a slug"),
        host: "anna".parse().expect("a slug"),
        standby: None,
        language: "zh".to_owned(),
        delay_s: 8,
        starts_at: None,
        start,
        policy: policy(),
    };
    prop_oneof![
        2 => Just(Input::Plan { plan: plan(StartMode::Auto), by: by() }),
        1 => Just(Input::Plan { plan: plan(StartMode::Manual), by: by() }),
        1 => Just(Input::FeedArrived { host_busy: None }),
        1 => Just(Input::Start { by: by(), host_busy: None }),
        4 => (sku(), change(), air()).prop_map(move |(sku, terms, air)| Input::OfferAdd {
            sku, brand: brand(), price: yuan("79.00"), terms, air, by: by(),
        }),
        4 => (sku(), change(), air()).prop_map(|(sku, change, air)| Input::OfferChange {
            sku, change, air, by: by(),
        }),
        1 => (sku(), air()).prop_map(|(sku, air)| Input::OfferRemove { sku, air, by: by() }),
        3 => (prop::option::of(sku()), air()).prop_map(|(sku, air)| Input::Pin { sku, air, by: by() }),
        2 => (0u128..9, any::<u32>()).prop_map(|(viewer, seconds)| Input::Moderate {
            act: Moderation::TimeOut { viewer: ViewerId::from_u128(viewer), seconds },
            by: by(), reason: None,
        }),
        12 => fact().prop_map(|fact| Input::Fact { fact }),
        12 => signal().prop_map(|signal| Input::Signal { signal }),
        3 => (0u128..400, decide()).prop_map(|(n, decide)| Input::Incident {
            id: IncidentId::from_u128(n), decide, action: ActionId::from_u128(20_000 + n), by: by(),
        }),
    ]
}

/// Gives the shop what a show says to it.
fn tell(shop: &mut shop::State, input: &shop::Input) {
    let decision = Shop::decide(shop, input, T0).expect("the shop takes what a show says");
    decision.events.iter().for_each(|event| Shop::evolve(shop, event));
}

/// LAW rule 7: a machine stops 20 s in a row at most, hands over for 60 s at most, and does nothing else.
fn machine_keeps_its_bounds(state: &State) -> Result<(), TestCaseError> {
    let open = state.sentinel.incidents.iter().filter(|i| i.state == IncidentState::Open);
    let mut stops = Vec::new();
    for act in open.filter_map(|incident| incident.act) {
        let to = act.to.expect("a machine's action has an end");
        prop_assert!(act.from < to);
        match act.response {
            Response::Mute | Response::Cover => stops.push((act.from, to)),
            Response::HandOver => prop_assert!(to - act.from <= MACHINE_HAND_OVER_MAX),
            other => prop_assert!(false, "a machine does not {:?}", other),
        }
    }
    stops.sort_unstable();
    let mut run: Option<(MediaTime, MediaTime)> = None;
    for (from, to) in stops {
        run = match run {
            Some((start, end)) if from <= end => Some((start, end.max(to))),
            _ => Some((from, to)),
        };
        let (start, end) = run.expect("a run");
        prop_assert!(end - start <= MACHINE_STOP_MAX, "{:?} in a row", end - start);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_show_holds_together(inputs in prop::collection::vec(input(), 0..150), end in any::<bool>()) {
        let (mut state, mut replay) = (State::default(), State::default());
        let mut shop = shop::State::default();
        let end = end.then(|| Input::End { by: by() });
        for input in inputs.into_iter().chain(end) {
            let decision = Show::decide(&state, &input, T0);
            if Show::weight(&input) != Weight::Ask && !matches!(input, Input::Incident { .. }) {
                prop_assert!(decision.is_ok(), "a fact was refused: {:?}", input);
            }
            let Ok(decision) = decision else { continue };
            for event in &decision.events {
                Show::evolve(&mut state, event);
                let bytes = serde_json::to_vec(event).expect("json");
                Show::evolve(&mut replay, &serde_json::from_slice(&bytes).expect("an event"));
            }
            for Effect::Shop { input } in &decision.effects {
                tell(&mut shop, input);
            }
            // Asked again at once, a fact says nothing new.
            if let Input::Fact { fact: Fact::ActionTaken(_) | Fact::ActionEnded { .. } } = &input
                && let Ok(again) = Show::decide(&state, &input, T0)
            {
                let known = state.desk.actions.iter().any(|a| match &input {
                    Input::Fact { fact: Fact::ActionTaken(action) } => a.id == action.id,
                    Input::Fact { fact: Fact::ActionEnded { id, .. } } => a.id == *id,
                    _ => false,
                });
                prop_assert!(!known || again.events.is_empty());
            }
            prop_assert!(state.sale.pins.len() <= PINS_MAX);
            prop_assert!(state.sale.freezes.len() <= FREEZES_MAX);
            prop_assert!(state.desk.actions.len() <= ACTIONS_MAX);
            prop_assert!(state.sale.pins.is_sorted_by_key(|pin| pin.air));
            prop_assert!(state.sentinel.incidents.len() <= INCIDENTS_MAX);
            machine_keeps_its_bounds(&state)?;
        }
        prop_assert_eq!(&replay, &state, "R-1");
        prop_assert_eq!(Show::digest(&replay), Show::digest(&state));
        let saved = serde_json::to_vec(&state).expect("json");
        prop_assert_eq!(&serde_json::from_slice::<State>(&saved).expect("a state"), &state);
        // The shop heard everything, and hearing it all again changes nothing.
        let heard = shop.clone();
        state.shop_inputs().iter().for_each(|input| tell(&mut shop, input));
        prop_assert_eq!(&shop, &heard);
        if let Some(plan) = &state.plan {
            let sale = shop.sale(&plan.show).expect("the shop knows the show");
            prop_assert_eq!(sale.ended, state.status == Status::Ended);
            prop_assert_eq!(&sale.spans, &state.sale.spans());
            for (sku, listed) in &state.sale.offers {
                prop_assert_eq!(&sale.offers[sku].terms, &listed.terms);
            }
        }
    }
}
