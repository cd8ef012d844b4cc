//! `room score` and `room eval`: what they print and how they end.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::{BINARY, ringlight};

/// Ordinary lines of a shop, made different by a name of a product.
const ORDINARY: [&str; 6] =
    ["什么时候发货", "这个颜色好看", "买了两件", "主播今天气色真好", "有没有大码", "刚进来"];
const GOODS: [&str; 12] =
    ["外套", "面霜", "雨伞", "茶杯", "围巾", "拖鞋", "台灯", "被子", "锅", "书包", "手套", "毛衣"];
const HOSTILE: [&str; 6] = ["取关了", "骗子主播", "再也不来了", "退货退款", "大家别买", "主播滚吧"];

/// A room of two messages a second that turns after forty minutes.
fn room(turns: bool) -> String {
    let mut rows = String::new();
    for at in 0..6000_usize {
        let (at_ms, viewer) = (at * 500, at % 701);
        let (line, goods) = (at * 7 + at / 13, GOODS[at * 5 % 12]);
        let other = GOODS[at / 12 % 12];
        let text = if turns && at >= 4800 && at % 2 == 0 {
            format!("{goods}{other}{}", HOSTILE[line % 6])
        } else {
            format!("{goods}{other}{}", ORDINARY[line % 6])
        };
        let _ = writeln!(rows, "{at_ms}\tviewer{viewer}\t{text}");
    }
    rows
}

fn piped(args: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(BINARY)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const JSON: [&str; 6] = ["room", "score", "-", "--lang", "zh", "--json"];

#[test]
fn a_room_that_turns_has_one_alarm_with_its_evidence() {
    let (code, out, err) = piped(&JSON, room(true).as_bytes());
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{out}");
    let at_ms = lines[0]["at_ms"].as_i64().unwrap();
    assert!((2_400_000..2_490_000).contains(&at_ms), "{out}");
    assert!(lines[0]["channel"].is_string());
    let moved = &lines[0]["evidence"]["channels"][0];
    assert!(moved["share_now"].as_f64() > moved["share_before"].as_f64(), "{out}");
    assert!(!lines[0]["evidence"]["examples"].as_array().unwrap().is_empty(), "{out}");
    assert_eq!(lines[1]["messages"], 6000);
    assert_eq!(lines[1]["alarms"], 1);
    assert!((lines[1]["hours"].as_f64().unwrap() - 0.8332).abs() < 1e-3);
    let (_, words, _) = piped(&JSON[..5], room(true).as_bytes());
    assert!(words.contains("00:4") && words.contains("1 alarms"), "{words}");
}

#[test]
fn a_room_that_is_pasted_into_has_none() {
    let mut rows: Vec<(usize, String)> = room(false)
        .lines()
        .map(|row| (row.split('\t').next().unwrap().parse().unwrap(), row.to_owned()))
        .collect();
    for copy in 0..3000 {
        let at_ms = 2_400_000 + copy * 20;
        let text = if copy % 3 == 0 {
            "取关退货骗子主播！！"
        } else {
            "取关退货骗子主播😂"
        };
        rows.push((at_ms, format!("{at_ms}\traider{copy}\t{text}")));
        rows.push((at_ms, format!("{at_ms}\tbuyer{copy}\t扣1")));
    }
    rows.sort_by_key(|(at_ms, _)| *at_ms);
    let rows: String = rows.into_iter().map(|(_, row)| row + "\n").collect();
    let (code, out, _) = piped(&JSON, rows.as_bytes());
    assert_eq!(code, 0);
    assert!(out.starts_with(r#"{"alarms":0,"#) || out.contains(r#""alarms":0"#), "{out}");
    assert_eq!(out.lines().count(), 1, "{out}");
}

#[test]
fn bad_rows_are_named_and_the_rest_is_read() {
    let (code, out, err) = piped(&JSON, b"5\ta\thi\nnope\n4\ta\tx\n6\ta\t\xff\n7\tb\tyes");
    assert_eq!(code, 1);
    for line in ["line 2: not three", "line 3: time goes back", "line 4: not UTF-8", "3 rows"] {
        assert!(err.contains(line), "{err}");
    }
    let summary: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!((&summary["messages"], &summary["alarms"]), (&Value::from(2), &Value::from(0)));
    let (code, out, _) = piped(&JSON, b"");
    assert!(code == 0 && out.contains(r#""messages":0"#), "{out}");
    let (code, _, err) = ringlight(&["room", "score", "/nowhere/x.tsv", "--lang", "zh"]);
    assert!(code == 1 && err.contains("/nowhere/x.tsv") && err.contains("hint"), "{err}");
    for wrong in ["0", "-1", "nan", "inf", "x"] {
        let wanted = format!("--alarms-per-1000h={wrong}");
        let (code, _, _) = ringlight(&["room", "score", "-", "--lang", "zh", &wanted]);
        assert_eq!(code, 2, "{wrong}");
    }
}

/// The large measurement; `RINGLIGHT_CHAT` names a log of real chat.
#[test]
#[ignore = "takes minutes in a release build, longer in this one"]
fn soak_rooms_turn_and_do_not() {
    let texts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../texts");
    let mut args = vec!["room", "eval", "--texts", texts, "--hours", "1000"];
    let chat = std::env::var("RINGLIGHT_CHAT").unwrap_or_default();
    if !chat.is_empty() {
        args.extend(["--chat", &chat]);
    }
    let (code, out, err) = ringlight(&args);
    assert_eq!(code, 0, "{err}");
    let rate = out.split(" false alarms, ").nth(1).and_then(|rest| rest.split(' ').next());
    let rate: f64 = rate.unwrap().parse().unwrap();
    assert!(rate <= 15.0, "{out}");
}
