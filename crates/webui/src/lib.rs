//! The built web pages, carried in the binary. Owns the table of `web/dist`, the page that says how to
//! build it, and the report, a page in one file that takes data in; never serves, negotiates or compresses: the server does the first two, the web
//! build the last. Depends on nothing of ours, and `cargo build` works without Node.

/// One file of the built web part.
#[derive(Debug)]
pub struct Asset {
    /// Path below `web/dist` with forward slashes, such as `assets/watch-Ab12.js`.
    pub path: &'static str,
    /// Value for `Content-Type`.
    pub content_type: &'static str,
    /// Strong entity tag of `bytes` with its quotes, for `ETag` and `If-None-Match`. The gzip variant
    /// is another representation and wants a tag of its own or a weak one.
    pub etag: &'static str,
    /// The name holds a hash of the content, so it may be cached for ever.
    pub immutable: bool,
    /// The file.
    pub bytes: &'static [u8],
    /// The same compressed by the web build, where that was worth it.
    pub gzip: Option<&'static [u8]>,
}

/// `Content-Security-Policy` that the pages are written for: no inline script or style, nothing from
/// other hosts but product pictures over HTTPS.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
     img-src 'self' https:; connect-src 'self'; media-src 'self' blob: data:; worker-src 'self' blob:; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/table.rs"));

static REPORT: Option<&str> = include!(concat!(env!("OUT_DIR"), "/report.rs"));

/// Where the report takes its data.
const NO_DATA: &str = r#"<script type="application/json" id="data">null</script>"#;

static NOT_BUILT: Asset = Asset {
    path: "not-built.html",
    content_type: "text/html; charset=utf-8",
    etag: "\"not-built\"",
    immutable: false,
    bytes: include_bytes!("not-built.html"),
    gzip: None,
};

/// False when the binary was built before `web/dist` existed.
#[must_use]
pub fn is_built() -> bool {
    asset("index.html").is_some()
}

/// The file at `path`, with or without a leading slash. Paths are compared byte for byte: no
/// decoding and no `..`, so nothing outside the table can be named.
#[must_use]
pub fn asset(path: &str) -> Option<&'static Asset> {
    find(ASSETS, path)
}

/// The document of a page (`index`, `watch`, `desk`, `studio`, `ops`), or the page that says how to
/// build it.
#[must_use]
pub fn page(name: &str) -> &'static Asset {
    let by_name = |asset: &&Asset| asset.path.strip_suffix(".html") == Some(name);
    ASSETS.iter().find(by_name).unwrap_or(&NOT_BUILT)
}

/// A page in one file that shows `json` (written by a serialiser, so that it is JSON), opens offline and
/// asks nothing of any server; `None` when the binary was built before `web/dist` existed.
#[must_use]
pub fn report(json: &str) -> Option<String> {
    let (head, tail) = REPORT?.split_once(NO_DATA)?;
    let data = in_script(json);
    Some([head, r#"<script type="application/json" id="data">"#, &data, "</script>", tail].concat())
}

/// The same JSON without what would end a script or a line of it. Outside of strings none of these occurs.
fn in_script(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + json.len() / 64);
    for letter in json.chars() {
        match letter {
            '<' => text.push_str("\\u003c"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            letter => text.push(letter),
        }
    }
    text
}

fn find<'a>(table: &'a [Asset], path: &str) -> Option<&'a Asset> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let at = table.binary_search_by(|asset| asset.path.cmp(path)).ok()?;
    table.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_file_is_found() {
        assert!(ASSETS.is_sorted_by(|a, b| a.path < b.path));
        for one in ASSETS {
            assert_eq!(asset(one.path).map(|found| found.path), Some(one.path));
            assert_eq!(asset(&format!("/{}", one.path)).map(|found| found.etag), Some(one.etag));
        }
    }

    #[test]
    fn only_hashed_names_are_immutable() {
        for one in ASSETS {
            assert_eq!(one.immutable, one.path.starts_with("assets/"), "{}", one.path);
        }
    }

    #[test]
    fn a_page_always_answers() {
        for name in ["index", "watch", "desk", "studio", "ops", "recap", "nowhere"] {
            let page = page(name);
            assert!(page.content_type.starts_with("text/html"));
            assert!(!page.bytes.is_empty());
        }
        if !is_built() {
            assert!(String::from_utf8_lossy(page("index").bytes).contains("make build"));
        }
    }

    #[test]
    fn no_data_ends_the_script_that_holds_it() {
        let text = in_script("{\"host\":\"</script><!--\u{2028}\u{2029}\"}");
        assert_eq!(text, r#"{"host":"\u003c/script>\u003c!--\u2028\u2029"}"#);
    }

    #[test]
    fn the_report_asks_nothing_of_anybody() {
        let Some(report) = report("null") else { return };
        let page = report.replace("http://www.w3.org/", "");
        assert!(!page.contains("http://") && !page.contains("https://"), "an address");
        for place in page.match_indices("src=\"").chain(page.match_indices("href=\"")) {
            assert!(place.0 > page.find("<style>").unwrap_or_default(), "{place:?} in the head");
        }
        assert!(page.contains("default-src 'none'"));
        assert_eq!(page.matches(NO_DATA).count(), 1);
        assert!(asset("report.html").is_none());
    }

    #[test]
    fn strange_paths_name_nothing() {
        for path in
            ["", "/", "..", "../Cargo.toml", "/assets/", "//index.html", "index.html\0", "%2e%2e"]
        {
            assert!(asset(path).is_none(), "{path:?}");
        }
    }

    #[test]
    fn documents_hold_no_inline_script_or_style() {
        for one in ASSETS.iter().filter(|asset| asset.path.ends_with(".html")) {
            let text = String::from_utf8_lossy(one.bytes);
            assert!(!text.contains("<style") && !text.contains(" style="), "{}", one.path);
            assert!(!text.contains("http://") && !text.contains("https://"), "{}", one.path);
            for tag in text.split("<script").skip(1) {
                assert!(
                    tag.split('>').next().is_some_and(|head| head.contains("src=")),
                    "{}",
                    one.path
                );
            }
        }
    }
}
