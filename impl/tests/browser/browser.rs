//! A browser, an explorer for it to look at, and what a person does with both.

use crate::folders::folder;
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// When a test gives up waiting for something to be shown. Far more than that takes, also on a
/// machine that is busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the page is looked at on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Wide,
    Dark,
    Phone,
}

/// A process that ends with this.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How often a driver is started. It picks a free port and then uses it; another process may be
/// faster.
const DRIVER_STARTS: usize = 3;

/// Starts a program, and waits for the line in which it says where it listens. `None`: it cannot be
/// started, or it ends before.
fn start(mut command: Command, says: &str) -> Option<(Process, String)> {
    let mut process = Process(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?);
    let lines = BufReader::new(process.0.stdout.take().expect("piped")).lines();
    let line = lines.map_while(Result::ok).find(|line| line.contains(says))?;
    Some((process, line))
}

fn driver() -> Option<(Process, String)> {
    let (process, line) = (0..DRIVER_STARTS).find_map(|_| {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        start(command, "started successfully on port")
    })?;
    let port: String = line.chars().filter(char::is_ascii_digit).collect();
    Some((process, format!("http://127.0.0.1:{port}")))
}

fn explorer(arguments: &[&str]) -> (Process, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynamo"));
    command.arg("explore").args(arguments).args(["--listen", "127.0.0.1:0"]);
    let (process, line) = start(command, "exploring at").expect("our own program starts");
    let address = line
        .split_whitespace()
        .find(|word| word.starts_with("http"))
        .expect("an address")
        .to_owned();
    (process, address)
}

fn capabilities(page: Page, folder: &Path) -> Capabilities {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--no-first-run".to_owned(),
        "--window-size=1280,1000".to_owned(),
        format!("--user-data-dir={}", folder.join("profile").display()),
    ];
    if page == Page::Dark {
        arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
    }
    let mut options = json!({ "args": arguments, "prefs": { "download.default_directory": folder.join("downloads") } });
    if page == Page::Phone {
        options["mobileEmulation"] =
            json!({ "deviceMetrics": { "width": 390, "height": 844, "pixelRatio": 2.0 } });
    }
    let all = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
    all.as_object().expect("an object").clone()
}

/// Makes the window so high that the page in it has 1280 by 800 pixels, as on a projector.
async fn show_all_of_a_wide_page(client: &Client) {
    let frame = client.execute("return outerHeight - innerHeight", Vec::new()).await;
    let frame = frame.ok().and_then(|height| height.as_u64()).expect("a height");
    let height = 800 + u32::try_from(frame).expect("a window's frame is small");
    client.set_window_size(1280, height).await.expect("a size");
}

/// A browser that shows an explorer.
pub(super) struct Browser {
    pub(super) client: Client,
    base: String,
    folder: tempfile::TempDir,
    forgiven: RefCell<Vec<&'static str>>,
}

fn picture_file(name: &str) -> Option<PathBuf> {
    std::env::var_os("SCREENSHOTS").map(|folder| PathBuf::from(folder).join(format!("{name}.png")))
}

/// What the console has: errors, and what was refused.
#[derive(Debug)]
struct Console;

impl WebDriverCompatibleCommand for Console {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (axum::http::Method, Option<String>) {
        (axum::http::Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

/// Starts an explorer and a browser that shows it, and lets somebody use it. Then the console must
/// be empty.
pub(super) fn with_browser(arguments: &[&str], page: Page, used: impl AsyncFnOnce(&Browser)) {
    let Some((_driver, webdriver)) = driver() else {
        assert!(
            std::env::var_os("BROWSER").is_none_or(|it| it != "required"),
            "chromedriver does not start, and is required"
        );
        // Not by a macro: what macros print is not shown of tests that pass.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: no chromedriver to test the explorer with (package chromium-driver)"
        );
        return;
    };
    let folder = folder();
    let (_explorer, address) = explorer(arguments);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let browser = runtime.block_on(async {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(page, folder.path()));
        let client = builder.connect(&webdriver).await.expect("a session");
        if page != Page::Phone {
            show_all_of_a_wide_page(&client).await;
        }
        let base =
            url::Url::parse(&address).expect("an address").join("/").expect("its root").to_string();
        Browser { client, base, folder, forgiven: RefCell::default() }
    });
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            browser.client.goto(&address).await.expect("the page");
            browser
                .until("the page is drawn", async |browser| {
                    browser.is_there("#step, .invariant").await
                })
                .await;
            used(&browser).await;
            assert_eq!(browser.console().await, Vec::<String>::new(), "the console is not empty");
        });
    }));
    // Whatever came of it, no browser is left behind.
    runtime.block_on(browser.client.clone().close()).expect("closed");
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

impl Browser {
    /// Waits until something is so.
    pub(super) async fn until(&self, what: &str, mut is_so: impl AsyncFnMut(&Browser) -> bool) {
        let begun = Instant::now();
        while !is_so(self).await {
            assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    pub(super) async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.expect("some page");
    }

    pub(super) async fn find(&self, css: &str) -> Element {
        self.client.find(Locator::Css(css)).await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    pub(super) async fn is_there(&self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.is_ok()
    }

    /// The text of all that matches.
    pub(super) async fn text(&self, css: &str) -> String {
        let script = format!(
            "return [...document.querySelectorAll({css:?})].map(it => it.innerText).join('\\n')"
        );
        self.script(&script).await.as_str().expect("a text").trim().to_owned()
    }

    pub(super) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    pub(super) async fn choose(&self, css: &str, value: &str) {
        self.find(css)
            .await
            .select_by_value(value)
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Opens a chooser, and chooses an entry by its name.
    pub(super) async fn pick(&self, css: &str, name: &str) {
        self.click(css).await;
        self.click(&format!("dialog[open] [data-name={name:?}]")).await;
    }

    /// Types into an element.
    pub(super) async fn type_into(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Presses a key, wherever the focus is.
    pub(super) async fn press(&self, key: char) {
        let keys = KeyActions::new("keyboard".to_owned());
        let keys = keys.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        self.client.perform_actions(keys).await.expect("a key");
    }

    pub(super) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("a script of ours")
    }

    /// A script that takes its time, and calls its first argument with what it has to tell.
    pub(super) async fn script_that_tells(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.expect("a script of ours")
    }

    pub(super) async fn is(&self, expression: &str) -> bool {
        self.script(&format!("return {expression}")).await == true
    }

    /// Keeps a picture of what is to be seen, in the folder that SCREENSHOTS in the environment
    /// names, if it names one.
    pub(super) async fn picture(&self, name: &str) {
        let Some(file) = picture_file(name) else { return };
        self.script(
            "window.scrollTo(0, 0); document.querySelector('main').scrollTo(0, 0); \
             document.activeElement.blur()",
        )
        .await;
        std::fs::write(file, self.client.screenshot().await.expect("a picture")).expect("written");
    }

    /// The same of a part of the page.
    pub(super) async fn picture_of(&self, css: &str, name: &str) {
        let Some(file) = picture_file(name) else { return };
        // From its top on, as far as it fits.
        self.script(&format!("document.querySelector({css:?}).scrollIntoView()")).await;
        std::fs::write(file, self.find(css).await.screenshot().await.expect("a picture"))
            .expect("written");
    }

    /// A folder for files.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file that was saved.
    pub(super) async fn downloaded(&self) -> PathBuf {
        let folder = self.folder.path().join("downloads");
        let saved = || {
            let entries =
                std::fs::read_dir(&folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
            entries.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "json"))
        };
        self.until("a file is saved", async |_| saved().is_some()).await;
        saved().expect("it was there just now")
    }

    /// The console may tell of answers with this status: they were asked for.
    pub(super) fn forgive(&self, status: &'static str) {
        self.forgiven.borrow_mut().push(status);
    }

    async fn console(&self) -> Vec<String> {
        let entries = self.client.issue_cmd(Console).await.expect("the console");
        let texts =
            entries.as_array().expect("a list").iter().map(|entry| entry["message"].to_string());
        let forgiven = self.forgiven.borrow();
        texts
            .filter(|text| {
                !forgiven.iter().any(|status| text.contains(&format!("status of {status}")))
            })
            .collect()
    }
}
