//! Shows as scripts. Each line shows a command and what came of it.

use expect_test::{Expect, expect};

use crate::world::World;

#[track_caller]
fn check(script: &str, expected: Expect) {
    let mut world = World::new();
    expected.assert_eq(&world.run(script));
    // R-1: whatever the script did, a rebuild from the stored bytes is what was live.
    for (show, stage) in &world.shows {
        let mut rebuild = show::entry::Rebuild::<show::Show>::default();
        for entry in world.entries(&format!("show/{show}")) {
            rebuild.push(&entry).expect("the next entry");
        }
        assert_eq!(rebuild.state(), stage.committed_state());
    }
    let mut rebuild = show::entry::Rebuild::<show::shop::Shop>::default();
    for entry in world.entries("shop") {
        rebuild.push(&entry).expect("the next entry");
    }
    assert_eq!(rebuild.state(), world.shop.committed_state());
    assert_eq!(world.shop.state().oversold(), None);
}

#[test]
fn a_show_from_plan_to_end() {
    check(
        "start evening
         plan evening anna
         plan evening anna
         status evening
         feed evening busy=noon
         start evening busy=noon
         feed evening
         feed evening
         start evening
         status evening
         plan evening bea
         end evening
         end evening
         start evening
         feed evening
         status evening
         pin evening -",
        expect![[r#"
            start evening -> refused: not_planned
            plan evening anna -> ok
            plan evening anna -> nothing new
            status evening -> planned
            feed evening busy=noon -> nothing new
            start evening busy=noon -> refused: host_busy show "noon"
            feed evening -> ok
            feed evening -> nothing new
            start evening -> refused: already_live
            status evening -> live
            plan evening bea -> refused: plan_fixed field "host"
            end evening -> ok
            end evening -> refused: already_ended
            start evening -> refused: show_ended
            feed evening -> nothing new
            status evening -> ended
            pin evening - -> refused: show_ended
        "#]],
    );
}

#[test]
fn a_manual_show_waits_for_a_person_and_a_planned_one_can_be_called_off() {
    check(
        "plan late anna manual
         feed late
         status late
         start late
         status late
         plan never anna
         end never
         status never",
        expect![[r#"
            plan late anna manual -> ok
            feed late -> nothing new
            status late -> planned
            start late -> ok
            status late -> live
            plan never anna -> ok
            end never -> ok
            status never -> ended
        "#]],
    );
}

#[test]
fn an_offer_without_a_window_sells_until_its_show_has_ended() {
    check(
        "stock LIP 5
         plan evening anna
         buy bo evening LIP 1
         offer evening LIP 79.00
         buy bo evening LIP 1
         offer evening LIP 79.00
         start evening
         buy bo evening LIP 2
         buy bo evening LIP 3
         buy bo evening LIP 2
         left LIP
         buy cy evening LIP 1
         adjust LIP -1
         adjust LIP 1
         adjust GHOST 1
         buy cy evening LIP 1
         end evening
         buy cy evening LIP 1
         offer evening EYE 9.00",
        expect![[r#"
            stock LIP 5 -> ok
            plan evening anna -> ok
            buy bo evening LIP 1 -> refused: unknown_offer
            offer evening LIP 79.00 -> ok
            buy bo evening LIP 1 -> order 1 reserved 79.00 CNY
            offer evening LIP 79.00 -> refused: offer_exists
            start evening -> ok
            buy bo evening LIP 2 -> order 2 reserved 158.00 CNY
            buy bo evening LIP 3 -> refused: sold_out left 2
            buy bo evening LIP 2 -> order 3 reserved 158.00 CNY
            left LIP -> 0 of 5, 5 reserved, 0 sold
            buy cy evening LIP 1 -> refused: sold_out left 0
            adjust LIP -1 -> refused: stock_too_low committed 5
            adjust LIP 1 -> ok
            adjust GHOST 1 -> refused: unknown_product
            buy cy evening LIP 1 -> order 4 reserved 79.00 CNY
            end evening -> ok
            buy cy evening LIP 1 -> refused: show_ended
            offer evening EYE 9.00 -> refused: show_ended
        "#]],
    );
}

#[test]
fn a_retry_hears_what_the_first_attempt_heard() {
    check(
        "stock LIP 3
         plan evening anna
         offer evening LIP 79.00
         buy bo evening LIP 2 key=k1
         buy bo evening LIP 2 key=k1
         buy bo evening LIP 1 key=k1
         buy cy evening LIP 2 key=k2
         drop 1
         buy cy evening LIP 2 key=k2
         buy cy evening LIP 1 key=k2
         buy cy evening LIP 2 key=k3
         buy bo evening LIP 2 key=k1
         end evening
         buy bo evening LIP 2 key=k1
         plan noon anna
         offer noon LIP 79.00
         buy bo noon LIP 1 key=k1",
        expect![[r#"
            stock LIP 3 -> ok
            plan evening anna -> ok
            offer evening LIP 79.00 -> ok
            buy bo evening LIP 2 key=k1 -> order 1 reserved 158.00 CNY
            buy bo evening LIP 2 key=k1 -> again order 1 reserved 158.00 CNY
            buy bo evening LIP 1 key=k1 -> refused: key_reused
            buy cy evening LIP 2 key=k2 -> refused: sold_out left 1
            drop 1 -> order 1 cancelled_by_seller 158.00 CNY
            buy cy evening LIP 2 key=k2 -> refused: sold_out left 1
            buy cy evening LIP 1 key=k2 -> refused: key_reused
            buy cy evening LIP 2 key=k3 -> order 2 reserved 158.00 CNY
            buy bo evening LIP 2 key=k1 -> again order 1 cancelled_by_seller 158.00 CNY
            end evening -> ok
            buy bo evening LIP 2 key=k1 -> again order 1 cancelled_by_seller 158.00 CNY
            plan noon anna -> ok
            offer noon LIP 79.00 -> ok
            buy bo noon LIP 1 key=k1 -> order 3 reserved 79.00 CNY
        "#]],
    );
}

#[test]
fn an_order_is_paid_cancelled_refunded_or_expires() {
    check(
        "stock LIP 9
         plan evening anna
         offer evening LIP 79.00 limit=3
         buy bo evening LIP 2
         cancel 1 cy
         cancel 1 bo
         cancel 1 bo
         pay 1
         buy bo evening LIP 3
         buy bo evening LIP 1
         drop 2
         buy bo evening LIP 2
         pay 3
         pay 3
         cancel 3 bo
         left LIP
         refund 3
         refund 3
         left LIP
         buy bo evening LIP 2
         buy cy evening LIP 3
         wait 1799
         wait 1
         left LIP
         pay 4
         buy cy evening LIP 3
         pay 99",
        expect![[r#"
            stock LIP 9 -> ok
            plan evening anna -> ok
            offer evening LIP 79.00 limit=3 -> ok
            buy bo evening LIP 2 -> order 1 reserved 158.00 CNY
            cancel 1 cy -> refused: unknown_order
            cancel 1 bo -> order 1 cancelled_by_buyer 158.00 CNY
            cancel 1 bo -> refused: order_not_reserved
            pay 1 -> refused: order_not_reserved
            buy bo evening LIP 3 -> order 2 reserved 237.00 CNY
            buy bo evening LIP 1 -> refused: limit_reached have 3 limit 3
            drop 2 -> order 2 cancelled_by_seller 237.00 CNY
            buy bo evening LIP 2 -> order 3 reserved 158.00 CNY
            pay 3 -> order 3 paid 158.00 CNY
            pay 3 -> refused: order_not_reserved
            cancel 3 bo -> refused: order_not_reserved
            left LIP -> 7 of 9, 0 reserved, 2 sold
            refund 3 -> order 3 refunded 158.00 CNY; pay back 158.00 CNY by hand
            refund 3 -> refused: order_not_paid
            left LIP -> 7 of 9, 0 reserved, 2 sold
            buy bo evening LIP 2 -> refused: limit_reached have 2 limit 3
            buy cy evening LIP 3 -> order 4 reserved 237.00 CNY
            wait 1799 -> air 1799
            wait 1 -> air 1800; 1 expired
            left LIP -> 7 of 9, 0 reserved, 2 sold
            pay 4 -> refused: order_not_reserved
            buy cy evening LIP 3 -> order 5 reserved 237.00 CNY
            pay 99 -> refused: unknown_order
        "#]],
    );
}

#[test]
fn a_captured_payment_has_exactly_one_order_or_goes_back() {
    check(
        "stock LIP 9
         plan evening anna
         offer evening LIP 79.00
         buy bo evening LIP 1
         buy bo evening LIP 1
         capture 1 p1 78.00
         capture 1 p2 79.00
         capture 1 p2 79.00
         capture 2 p2 79.00
         capture 1 p3 79.00
         capture 2 p1 79.00
         cancel 2 bo
         capture 2 p4 79.00
         capture 2 p4 79.00
         capture 99 p5 1.00
         refund 1
         left LIP",
        expect![[r#"
            stock LIP 9 -> ok
            plan evening anna -> ok
            offer evening LIP 79.00 -> ok
            buy bo evening LIP 1 -> order 1 reserved 79.00 CNY
            buy bo evening LIP 1 -> order 2 reserved 79.00 CNY
            capture 1 p1 78.00 -> ok; send back 78.00 CNY of p1
            capture 1 p2 79.00 -> order 1 paid 79.00 CNY
            capture 1 p2 79.00 -> order 1 paid 79.00 CNY
            capture 2 p2 79.00 -> order 1 paid 79.00 CNY
            capture 1 p3 79.00 -> ok; send back 79.00 CNY of p3
            capture 2 p1 79.00 -> nothing new
            cancel 2 bo -> order 2 cancelled_by_buyer 79.00 CNY
            capture 2 p4 79.00 -> ok; send back 79.00 CNY of p4
            capture 2 p4 79.00 -> nothing new
            capture 99 p5 1.00 -> ok; send back 1.00 CNY of p5
            refund 1 -> order 1 refunded 79.00 CNY; pay back 79.00 CNY by p2
            left LIP -> 8 of 9, 0 reserved, 1 sold
        "#]],
    );
}

#[test]
fn a_flash_sale_opens_when_the_viewer_sees_it_open() {
    check(
        "stock LIP 99
         plan evening anna
         offer evening LIP 79.00 opens=10 closes=20
         start evening
         buy bo evening LIP 1
         look evening LIP
         wait 10
         buy bo evening LIP 1 back=3
         buy bo evening LIP 1
         wait 11
         buy cy evening LIP 1
         buy cy evening LIP 1 back=2
         look evening LIP
         change evening LIP opens=5 closes=5
         change evening LIP closes=9
         look evening LIP
         buy cy evening LIP 1",
        expect![[r#"
            stock LIP 99 -> ok
            plan evening anna -> ok
            offer evening LIP 79.00 opens=10 closes=20 -> ok
            start evening -> ok
            buy bo evening LIP 1 -> refused: not_selling opens 10
            look evening LIP -> 79.00, opens at 10, closes at 20
            wait 10 -> air 10
            buy bo evening LIP 1 back=3 -> refused: not_selling opens 10
            buy bo evening LIP 1 -> order 1 reserved 79.00 CNY
            wait 11 -> air 21
            buy cy evening LIP 1 -> refused: offer_closed
            buy cy evening LIP 1 back=2 -> order 2 reserved 79.00 CNY
            look evening LIP -> 79.00, closed, closes at 20
            change evening LIP opens=5 closes=5 -> refused: bad_window
            change evening LIP closes=9 -> ok
            look evening LIP -> 79.00, sells, closes at 30
            buy cy evening LIP 1 -> order 3 reserved 79.00 CNY
        "#]],
    );
}

#[test]
fn a_buyer_pays_the_price_on_their_screen() {
    check(
        "stock LIP 99
         plan evening anna
         offer evening LIP 79.00
         start evening
         change evening LIP price=59.00 in=8
         buy bo evening LIP 1 seen=79.00
         look evening LIP
         wait 9
         buy bo evening LIP 1 seen=79.00
         buy bo evening LIP 1 seen=79.00 back=2
         buy bo evening LIP 1 seen=59.00
         buy bo evening LIP 1
         look evening LIP
         change evening LIP price=59.00
         change evening LIP price=-1.00",
        expect![[r#"
            stock LIP 99 -> ok
            plan evening anna -> ok
            offer evening LIP 79.00 -> ok
            start evening -> ok
            change evening LIP price=59.00 in=8 -> ok
            buy bo evening LIP 1 seen=79.00 -> order 1 reserved 79.00 CNY
            look evening LIP -> 79.00, sells
            wait 9 -> air 9
            buy bo evening LIP 1 seen=79.00 -> refused: price_changed price 5900
            buy bo evening LIP 1 seen=79.00 back=2 -> order 2 reserved 79.00 CNY
            buy bo evening LIP 1 seen=59.00 -> order 3 reserved 59.00 CNY
            buy bo evening LIP 1 -> order 4 reserved 59.00 CNY
            look evening LIP -> 59.00 (was 79.00), sells
            change evening LIP price=59.00 -> nothing new
            change evening LIP price=-1.00 -> refused: bad_price
        "#]],
    );
}

#[test]
fn a_cut_freezes_windows_and_makes_pins_wait() {
    check(
        "stock LIP 99
         stock EYE 99
         plan evening anna
         offer evening LIP 79.00 closes=20
         offer evening EYE 20.00
         start evening
         pin evening LIP
         wait 5
         cut evening c1 from=0
         pin evening EYE in=2
         wait 5
         pinned evening
         look evening LIP
         buy bo evening LIP 1
         buy bo evening LIP 1 back=6
         buy bo evening EYE 1
         resume evening c1
         pinned evening
         look evening LIP
         wait 14
         look evening LIP
         wait 1
         buy bo evening LIP 1",
        expect![[r#"
            stock LIP 99 -> ok
            stock EYE 99 -> ok
            plan evening anna -> ok
            offer evening LIP 79.00 closes=20 -> ok
            offer evening EYE 20.00 -> ok
            start evening -> ok
            pin evening LIP -> ok
            wait 5 -> air 5
            cut evening c1 from=0 -> ok
            pin evening EYE in=2 -> ok
            wait 5 -> air 10
            pinned evening -> LIP
            look evening LIP -> 79.00, frozen until ?
            buy bo evening LIP 1 -> refused: sale_frozen until ?
            buy bo evening LIP 1 back=6 -> order 1 reserved 79.00 CNY
            buy bo evening EYE 1 -> order 2 reserved 20.00 CNY
            resume evening c1 -> ok
            pinned evening -> EYE
            look evening LIP -> 79.00, sells, closes at 25
            wait 14 -> air 24
            look evening LIP -> 79.00, sells, closes at 25
            wait 1 -> air 25
            buy bo evening LIP 1 -> refused: offer_closed
        "#]],
    );
}

#[test]
fn undoing_a_cut_restores_the_window() {
    check(
        "stock LIP 99
         plan evening anna
         offer evening LIP 79.00 opens=10 closes=20
         start evening
         cut evening c1 from=8 to=28
         look evening LIP
         undo evening c1
         undo evening c1
         look evening LIP
         cut evening c2 from=8 to=28
         wait 12
         undo evening c2 to=0
         look evening LIP",
        expect![[r#"
            stock LIP 99 -> ok
            plan evening anna -> ok
            offer evening LIP 79.00 opens=10 closes=20 -> ok
            start evening -> ok
            cut evening c1 from=8 to=28 -> ok
            look evening LIP -> 79.00, opens at 30, closes at 40
            undo evening c1 -> ok
            undo evening c1 -> nothing new
            look evening LIP -> 79.00, opens at 10, closes at 20
            cut evening c2 from=8 to=28 -> ok
            wait 12 -> air 12
            undo evening c2 to=0 -> ok
            look evening LIP -> 79.00, opens at 14, closes at 24
        "#]],
    );
}

#[test]
fn a_change_of_the_delay_moves_what_has_not_aired() {
    check(
        "stock LIP 99
         plan evening anna
         offer evening LIP 79.00 opens=10 closes=20
         start evening
         pin evening LIP in=8
         change evening LIP price=59.00 in=8
         delay evening 12
         look evening LIP
         wait 8
         pinned evening
         look evening LIP
         wait 12
         pinned evening
         look evening LIP",
        expect![[r#"
            stock LIP 99 -> ok
            plan evening anna -> ok
            offer evening LIP 79.00 opens=10 closes=20 -> ok
            start evening -> ok
            pin evening LIP in=8 -> ok
            change evening LIP price=59.00 in=8 -> ok
            delay evening 12 -> ok
            look evening LIP -> 79.00, opens at 22, closes at 32
            wait 8 -> air 8
            pinned evening -> nothing
            look evening LIP -> 79.00, opens at 22, closes at 32
            wait 12 -> air 20
            pinned evening -> LIP
            look evening LIP -> 59.00 (was 79.00), opens at 22, closes at 32
        "#]],
    );
}

#[test]
fn offers_and_pins_know_each_other() {
    check(
        "stock LIP 9
         plan evening anna
         pin evening LIP
         offer evening LIP 79.00
         offer evening EYE 20.00
         pin evening LIP
         pin evening EYE in=9
         pinned evening
         remove evening LIP in=4
         wait 3
         pinned evening
         buy bo evening LIP 1
         wait 1
         pinned evening
         buy bo evening LIP 1
         buy bo evening LIP 1 back=2
         pin evening LIP
         change evening LIP price=1.00
         remove evening LIP
         wait 5
         pinned evening
         offer evening LIP 69.00
         buy bo evening LIP 1
         buy bo evening EYE 1",
        expect![[r#"
            stock LIP 9 -> ok
            plan evening anna -> ok
            pin evening LIP -> refused: unknown_offer
            offer evening LIP 79.00 -> ok
            offer evening EYE 20.00 -> ok
            pin evening LIP -> ok
            pin evening EYE in=9 -> ok
            pinned evening -> LIP
            remove evening LIP in=4 -> ok
            wait 3 -> air 3
            pinned evening -> LIP
            buy bo evening LIP 1 -> order 1 reserved 79.00 CNY
            wait 1 -> air 4
            pinned evening -> nothing
            buy bo evening LIP 1 -> refused: offer_closed
            buy bo evening LIP 1 back=2 -> order 2 reserved 79.00 CNY
            pin evening LIP -> refused: unknown_offer
            change evening LIP price=1.00 -> refused: unknown_offer
            remove evening LIP -> refused: unknown_offer
            wait 5 -> air 9
            pinned evening -> EYE
            offer evening LIP 69.00 -> ok
            buy bo evening LIP 1 -> order 3 reserved 69.00 CNY
            buy bo evening EYE 1 -> refused: unknown_product
        "#]],
    );
}
