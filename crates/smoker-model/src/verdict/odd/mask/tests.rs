use super::*;

fn mask() -> Mask {
    Mask::new(["web07.example.org", "web31.example.org", "db-master", "Zürich-1", "10.1.2.3", "alpha"])
}

fn masked(text: &str) -> String {
    mask().masked(text)
}

#[test]
fn texts_that_differ_in_what_varies_are_alike() {
    for texts in [
        // Numbers, percentages, PIDs.
        ["/ is 97% full", "/ is 8.5% full"].as_slice(),
        &["/ is   97 % full", "/ is  8 % full", "/ is 100 % full"],
        &["load average 0.42 0.36 0.30", "load average 12.00 3.14 1"],
        &["nginx[1234]: started", "nginx[99]: started"],
        &["pids 12, 15, 88", "pids 7"],
        &["balance -5", "balance 17", "balance +1.5e-05"],
        &["1,234,567 requests", "12 requests", "1'000 requests"],
        &["1 user", "23 users"],
        &["1 process is dead", "7 processes is dead"],
        &["2 entries", "1 entry"],
        &["version 2.4.57", "version 2.6"],
        &["flag 0x7ffe12ab", "flag 0x0"],
        &["temp 42°C", "temp 7°C"],
        &["٣ files", "٤٥ files"],
        // Sizes.
        &["512 KiB free", "3.1 GB free", "7 bytes free", "900M free", "12B free"],
        &["100Mbit/s", "2.5Gbit/s"],
        // Moments.
        &["2026-11-29T10:00:00.123456+02:00", "2026-11-29T10:00:00Z", "2026-01-02 03:04:05,678", "2026/01/02 03:04"],
        &["Nov 29 10:00:00", "Dec  1 23:59:59", "Jan 1 00:00:00"],
        &["at 29/Nov/2026:10:00:00 +0000 x", "at 1/May/2025:23:00:01 -0130 x"],
        &["Sun, 29 Nov 2026 10:00:00 GMT", "Tuesday, 1 December 2026 9:00:00 GMT"],
        &["Sun Nov 29 10:00:00 UTC 2026", "Mon Dec  7 01:02:03 CEST 2026"],
        &["expires Nov 29 10:00:00 2027 GMT", "expires Jan  1 00:00:00 2030 GMT"],
        &["since 10:00", "since 23:59:59", "since 9:05:01.5 PM"],
        // Durations.
        &["up 3 days, 4:05, 1 user", "up 12 min, 3 users", "up 1 day, 2 hours and 5 minutes, 2 users"],
        &["took 900ms", "took 1.2s", "took 1h30m", "took 5 seconds", "took 12 µs"],
        // Hosts and addresses.
        &["web07 is up", "web31.example.org is up", "WEB07.EXAMPLE.ORG is up", "db-master is up", "zürich-1 is up"],
        &["cannot reach alpha.", "cannot reach db-master."],
        &["http://web07:8086/x", "http://web31:90/x"],
        &["from 10.0.0.1:8086", "from 192.168.17.230:1", "from [fe80::1]:80"],
        &["from fe80::1ff:fe23:4567:890a%eth0 x", "from ::1 x", "from 10.0.0.0/8 x", "from ::ffff:10.0.0.1 x"],
        &["link 52:54:00:ab:cd:ef", "link 00-11-22-33-44-55"],
        // Identifiers.
        &["disk 6ba7b810-9dad-11d1-80b4-00c04fd430c8", "disk 123E4567-E89B-12D3-A456-426614174000"],
        &["container 3f2a9bc4d1e0 died", "container 123456789012 died"],
        &["commit 3f2a9bc", "commit 77aa001"],
        &["pod web-7d4b9c6f5d-x2x7k", "pod web-5c9f8d7b6a-b4d9q"],
        // Temporary files.
        &["cannot write /tmp/tmp.Xa8dKq0PzR/out.log", "cannot write /tmp/tmpabcdefgh/out.log"],
        &["'/var/tmp/foo-12': full", "'/var/tmp/bar': full"],
        &["lock /srv/tmpk3j2x8_a is old", "lock /srv/tmp.aBcDeF is old"],
        // Lists are as long as there are things to list.
        &["zombies:\n 12 nginx\n 13 nginx", "zombies:\n 99 nginx", "zombies:\n\n 1 nginx\r\n 2 nginx\r\n 3 nginx\n"],
    ] {
        let first = masked(texts[0]);
        for text in texts {
            assert_eq!(masked(text), first, "{text:?} and {:?}", texts[0]);
        }
    }
}

#[test]
fn texts_that_say_something_else_stay_different() {
    for (one, other) in [
        ("/srv: mounted ro", "/srv: mounted rw"),
        ("Linux", "FreeBSD"),
        ("connection refused", "connection reset"),
        ("may fail", "must fail"),
        ("/tmp is full", "/var is full"),
        ("/srv/tmp/a", "/srv/tmp/b"),
        ("5 files", "5 links"),
        ("up", "down"),
        ("nginx", "nginx[5]"),
        ("no answer from gamma", "no answer from delta"),
        ("žluťoučký kůň", "žluťoučký pes"),
        ("deadbeef", "cafebabe"),
        ("status ok", "statu ok"),
        ("a 5", "a x"),
    ] {
        assert_ne!(masked(one), masked(other), "{one:?} {other:?}");
    }
}

#[test]
fn a_masked_text_can_be_read() {
    for (text, expected) in [
        ("37 of 40 hosts: web07, 97% at 10:00", "<n> of <n> host: <host>, <n>% at <time>"),
        ("eth0 on web07-eth1 has 10.1.2.3/24", "eth<n> on <host>-eth<n> has <address>"),
        ("", ""),
        ("  \n ", ""),
        ("ends with a stop.", "ends with a stop."),
        ("3 of 5 status, 2 discs, 3 axes", "<n> of <n> status, <n> disc, <n> ax"),
        ("☠ 5", "☠ <n>"),
        ("abcμs 5 μ", "abcμs <n> μ"),
    ] {
        assert_eq!(masked(text), expected, "{text:?}");
    }
}

/// A text out of pieces that the rules look at.
fn text(random: &mut fastrand::Rng) -> String {
    const PIECES: [&str; 44] = [
        " ",
        " ",
        "\n",
        ":",
        "::",
        "-",
        "/",
        ".",
        ",",
        "[",
        "]",
        "%",
        "+",
        "T",
        "Z",
        "é",
        "µs",
        "μ",
        "٣",
        "½",
        "\u{a0}",
        "1",
        "12",
        "2026",
        "0x",
        "e",
        "5e",
        "ab",
        "Nov",
        "Sun",
        "May",
        "29",
        "10:00:00",
        "web07",
        "web07.example.org",
        "/tmp/",
        "tmp",
        "KiB",
        "days",
        "s",
        "fe80",
        "\u{feff}",
        "ß",
        "Zürich-1",
    ];
    (0..random.usize(..12)).map(|_| PIECES[random.usize(..PIECES.len())]).collect()
}

#[test]
fn any_text_can_be_masked_and_no_number_is_left() {
    let mask = mask();
    for seed in 0..20_000 {
        let text = text(&mut fastrand::Rng::with_seed(seed));
        let masked = mask.masked(&text);
        assert!(!masked.contains(char::is_numeric), "seed {seed}: {text:?} gives {masked:?}");
    }
}

#[test]
fn another_number_in_the_same_place_changes_nothing() {
    let mask = mask();
    let with = |text: &str, number: &str| mask.masked(&text.replace('#', number));
    for seed in 0..5_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let words = ["# x", "of #, y", "(#)", "a=# b", "#% used", "pid #: gone", "é #", "[#]"];
        let text: Vec<_> = (0..random.usize(1..5)).map(|_| words[random.usize(..words.len())]).collect();
        let text = text.join(" and then ");
        let (one, other) = (random.u32(100..1_000).to_string(), random.u32(40_000..99_000).to_string());
        assert_eq!(with(&text, &one), with(&text, &other), "seed {seed}: {text:?}");
    }
}

/// A host must not be able to keep the client busy.
#[test]
fn long_texts_take_one_pass() {
    let mask = mask();
    for piece in
        ["a:", "1:", "fe80:", "web07.", "5d", "a1", "::", "-", "/tmp/", "Nov ", "1,", "web07-", "2026-11-", " ", "é"]
    {
        let begin = std::time::Instant::now();
        let _ = mask.masked(&piece.repeat((1 << 20) / piece.len()));
        assert!(begin.elapsed() < std::time::Duration::from_secs(5), "{piece:?}: {:?}", begin.elapsed());
    }
}
