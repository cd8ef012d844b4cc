//! One show as its people and its viewers live through it.

use expect_test::expect;

#[test]
fn a_small_show_from_beginning_to_end() {
    let told = sim::story().expect("every invariant holds");
    expect![[r#"
          0.00  two shows are planned, the shelves are filled
          8.26          viewers see the host and hear the host
         14.01  a buyer orders: reserved, 79.00 CNY
         14.01  the same again, with the same key: the first order again, reserved
         14.01  the producer mutes: 2.00 s, 6.50 s before it airs
         20.49          viewers see the host and hear nothing
         22.53          viewers see the host and hear the host
         24.01  the producer cuts: until resumed, 7.01 s before it airs
         26.01  and resumes: until resumed, 8.01 s before it airs
         31.01          viewers see the host and hear nothing
         31.03          viewers see the slate and hear nothing
         34.27          viewers see the host and hear the host
         38.01  the understudy takes over: 4.00 s, 7.00 s before it airs
         44.99          viewers see the host and hear nothing
         45.03          viewers see the slate and hear nothing
         46.73          viewers see the understudy and hear the understudy
         50.01  the producer cuts again: until resumed, 7.01 s before it airs
         50.27          viewers see the host and hear the host
         52.01  the server dies
         59.83  and is back
         68.01  the producer resumes: until resumed, 8.00 s before it airs
         76.71          viewers see the host and hear the host
         83.41  the show is over
    "#]]
    .assert_eq(&told);
}
