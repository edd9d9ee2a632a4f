//! Which requests the page answers.

use hyper::Method;
use hyper::header::{ACCEPT, HeaderMap};
use smoker_page::files;

/// Whether the client wants a page in place of JSON: browsers name both forms of HTML. A program that names one of them gets JSON, as
/// every other client does.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<_> = values
        .flat_map(|value| value.split(','))
        .filter(|range| !is_refused(range))
        .map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .collect();
    ["text/html", "application/xhtml+xml"].iter().all(|wanted| ranges.iter().any(|range| range == wanted))
}

/// Whether a client names a form to say that it does not want it: `q=0`.
fn is_refused(range: &str) -> bool {
    let weights = range.split(';').skip(1).filter_map(|parameter| parameter.trim().strip_prefix("q="));
    weights.filter_map(|weight| weight.trim().parse::<f32>().ok()).any(|weight| weight == 0.0)
}

/// Whether a request is for the page or one of its files: these are the same on every host, and need no identity.
pub(crate) fn is_for_page(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let is_page = match path.trim_end_matches('/') {
        "" => wants_page(headers),
        "/ui" => true,
        path => path.strip_prefix("/ui/").is_some_and(|name| files::file(name).is_some()),
    };
    is_page && matches!(*method, Method::GET | Method::HEAD)
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn accepting(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(value).expect("a header"));
        headers
    }

    #[test]
    fn a_browser_names_both_forms_of_html() {
        let chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
        for (accept, expected) in [
            (chromium, true),
            ("application/xhtml+xml; q=0.9, TEXT/HTML", true),
            ("text/html", false),
            ("text/html;q=0, application/xhtml+xml; q=0.0, application/json", false),
            ("text/html, application/json", false),
            ("application/json", false),
            ("*/*", false),
        ] {
            assert_eq!(wants_page(&accepting(accept)), expected, "{accept}");
        }
        assert!(!wants_page(&HeaderMap::new()));
    }

    #[test]
    fn only_the_page_and_its_files_need_no_identity() {
        let (browser, none) = (accepting("text/html, application/xhtml+xml"), HeaderMap::new());
        assert!(is_for_page(&Method::GET, "/", &browser) && !is_for_page(&Method::GET, "/", &none));
        assert!(is_for_page(&Method::HEAD, "/ui/", &none) && !is_for_page(&Method::POST, "/ui", &none));
        for path in ["/ui/table", "/ui/index.html", "/plugins", "/uix", "/ui/../plugins"] {
            assert!(!is_for_page(&Method::GET, path, &browser), "{path}");
        }
    }
}
