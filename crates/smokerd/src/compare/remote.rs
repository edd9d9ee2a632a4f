//! The other daemon, asked over HTTP.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value as Json, json};
use smoker_model::counted::counted;
use smoker_model::notation::python_json_reader;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::output;

/// The port of an address that names none.
const DEFAULT_PORT: u16 = 8086;

/// How long one answer may take. The original answers no page while it collects results of forced runs.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// More than any page has, in bytes.
const MAX_PAGE: usize = 256 << 20;

/// How often the process of the forced runs is asked for.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How often the wait for it is told.
const TELL_INTERVAL: Duration = Duration::from_secs(10);

/// When the Python Smoker cannot show its plugins.
const UNSHOWABLE: &str =
    "; the Python Smoker answers so while a parameter or a result is a date: quote dates in its configuration";

/// A daemon at an address.
#[derive(Debug)]
pub(crate) struct Remote {
    url: String,
    authority: String,
}

/// A plugin as the other daemon shows it.
#[derive(Debug)]
pub(crate) struct RemotePlugin {
    pub(crate) name: String,
    pub(crate) parameters: Map<String, Json>,
}

impl Remote {
    /// The daemon at `http://HOST:PORT`, `HOST:PORT` or `HOST`.
    pub(crate) fn at(url: &str) -> Result<Self, String> {
        let wrong =
            || format!("{url} is no address of a daemon: write http://HOST:PORT, such as http://localhost:8086");
        if url.starts_with("https://") {
            return Err(format!("{url}: --compare asks by http only; forward a port to the host by ssh -L"));
        }
        let authority = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
        let has_odd = authority.contains(|c: char| c.is_whitespace() || c.is_control() || "/@?#".contains(c));
        if authority.is_empty() || has_odd {
            return Err(wrong());
        }
        let port = match authority.rsplit_once(':') {
            Some(("", _)) => return Err(wrong()),
            Some((_, port)) if !authority.ends_with(']') => Some(port),
            _ => None,
        };
        let authority = match port {
            Some(port) if port.parse::<u16>().is_err() => return Err(wrong()),
            Some(_) => authority.to_owned(),
            None => format!("{authority}:{DEFAULT_PORT}"),
        };
        Ok(Self { url: format!("http://{authority}"), authority })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// All of its plugins, in its order.
    pub(crate) async fn plugins(&self) -> Result<Vec<RemotePlugin>, String> {
        let page = self.ok("GET", "/plugins", None).await?;
        let items = self.items(&page)?;
        let plugin = |item: &Json| {
            let plugin = &item["plugin"];
            let parameters = plugin["parameters"].as_object().cloned().unwrap_or_default();
            Some(RemotePlugin { name: plugin["name"].as_str()?.to_owned(), parameters })
        };
        items.iter().map(|item| plugin(item).ok_or_else(|| self.not_smoker())).collect()
    }

    /// Runs these plugins once and gives their results. `limit` is how long all of them may take.
    pub(crate) async fn run(&self, names: &[String], limit: Duration) -> Result<HashMap<String, Json>, String> {
        let body = json!({"process": {"plugins": names}});
        let task = self.ok("POST", "/processes", Some(&body)).await?;
        let path = task["asyncTask"]["link"]["poll"].as_str().ok_or_else(|| self.not_smoker())?;
        let started = Instant::now();
        let (deadline, mut told) = (started + limit, started);
        let page = loop {
            let page = self.ok("GET", path, None).await?;
            if page.get("asyncTask").is_none() {
                break page;
            }
            if Instant::now() > deadline {
                let seconds = limit.as_secs();
                return Err(format!("the plugins of {} have not ended within {seconds} seconds: {path}", self.url));
            }
            if told.elapsed() > TELL_INTERVAL {
                told = Instant::now();
                let (plugins, waited, most) =
                    (counted(names.len(), "plugin"), started.elapsed().as_secs(), limit.as_secs());
                output::report(format_args!(
                    "INFO: waiting for {} to run {plugins}: {waited} s, at most {most} s ({path}); --plugins NAMES compares some",
                    self.url
                ));
            }
            sleep(POLL_INTERVAL).await;
        };
        let result = |item: &Json| {
            let plugin = &item["plugin"];
            Some((plugin["name"].as_str()?.to_owned(), plugin["forcedResult"].clone()))
        };
        Ok(self.items(&page)?.iter().filter_map(result).collect())
    }

    fn items<'a>(&self, page: &'a Json) -> Result<&'a Vec<Json>, String> {
        page["plugins"]["items"].as_array().ok_or_else(|| self.not_smoker())
    }

    fn not_smoker(&self) -> String {
        format!("{} answers, but not as a Smoker daemon: look at the address and the port", self.url)
    }

    /// The JSON of a page that is answered with 2xx.
    async fn ok(&self, method: &str, path: &str, body: Option<&Json>) -> Result<Json, String> {
        let answered = timeout(ANSWER_TIMEOUT, self.send(method, path, body)).await;
        let limit = ANSWER_TIMEOUT.as_secs();
        let answered = answered.unwrap_or_else(|_| Err(format!("no answer within {limit} seconds")));
        let (status, text) = answered.map_err(|reason| {
            format!("cannot ask {}{path}: {reason}; is the other daemon running there, and reachable?", self.url)
        })?;
        match (status, page_of(&text)) {
            (200..=299, Some(page)) => Ok(page),
            (200..=299, None) => Err(self.not_smoker()),
            (status, page) => {
                let message = page.and_then(|page| page["message"].as_str().map(str::to_owned)).unwrap_or_default();
                let advice = if status == 500 && method == "GET" { UNSHOWABLE } else { "" };
                Err(format!("{}{path} is refused with status {status}: {message}{advice}", self.url))
            }
        }
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Json>) -> Result<(u16, Bytes), String> {
        let stream = TcpStream::connect(&self.authority).await.map_err(|error| error.to_string())?;
        let failed = |error: &dyn std::error::Error| error.to_string();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
        // Its errors are those of the request.
        let connection = tokio::spawn(async move { drop(connection.await) });
        let text = body.map(Json::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).map_err(|error| failed(&error))?)
            .uri(path)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(text)))
            .map_err(|error| failed(&error))?;
        let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), MAX_PAGE).collect().await.map_err(|error| error.to_string())?;
        connection.abort();
        Ok((status, body.to_bytes()))
    }
}

/// The JSON of a page. The Python Smoker writes infinity and NaN, which only Python reads.
fn page_of(text: &[u8]) -> Option<Json> {
    serde_json::from_slice(text).ok().or_else(|| python_json_reader::read(std::str::from_utf8(text).ok()?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_python_are_read() {
        assert_eq!(page_of(br#"{"a": [NaN, -Infinity, 1e+16]}"#).map(|page| page["a"][0].clone()), Some(Json::Null));
        assert_eq!(page_of(b"<html>"), None);
    }

    #[test]
    fn an_address_is_a_url_or_a_host() {
        let url = |text: &str| Remote::at(text).map(|remote| remote.url);
        assert_eq!(url("web1").as_deref(), Ok("http://web1:8086"));
        assert_eq!(url("http://web1:80/").as_deref(), Ok("http://web1:80"));
        assert_eq!(url("[::1]").as_deref(), Ok("http://[::1]:8086"));
        assert_eq!(url("[::1]:80").as_deref(), Ok("http://[::1]:80"));
        for wrong in ["", "http://", "web1:http", "web1/plugins", "user@web1", "https://web1", "a b", ":80"] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }
}
