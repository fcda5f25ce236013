//! A real browser: Chromium, driven by its own driver over `WebDriver`.
//!
//! Nothing here rests for a fixed time: what a page must come to is waited for.

use futures_util::FutureExt;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, LoggingPrefsLogLevel, TypingData};

/// The environment variable that leaves these tests out where there is no browser.
const WITHOUT: &str = "MUSTER_WITHOUT_BROWSER";

/// The environment variable that names another driver than the one on the path.
const DRIVER: &str = "CHROMEDRIVER";

/// How long a page may take to come to what it must.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often it is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(40);

/// Tells a story with a driver of browsers. Whatever becomes of the story, its browsers end with it.
pub(crate) async fn tell(story: impl AsyncFnOnce(Browsers)) {
    if std::env::var_os(WITHOUT).is_some_and(|value| value == "1") {
        eprintln!("SKIPPED, for {WITHOUT}=1: no browser is asked");
        return;
    }
    let mut driver = Driver::start();
    let browsers = Browsers { driver: driver.address.clone(), open: Arc::default() };
    let open = Arc::clone(&browsers.open);
    let told = AssertUnwindSafe(story(browsers)).catch_unwind().await;
    let open = std::mem::take(&mut *open.lock().unwrap_or_else(PoisonError::into_inner));
    for browser in open {
        // One that is gone is as well as one that ends.
        let _ = browser.quit().await;
    }
    driver.end();
    if let Err(failed) = told {
        resume_unwind(failed);
    }
}

/// The program that drives browsers.
struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    /// Starts it on a free port.
    fn start() -> Self {
        let program = std::env::var(DRIVER).unwrap_or_else(|_| "chromedriver".to_owned());
        let mut command = Command::new(&program);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap_or_else(|error| {
            panic!(
                "{program} cannot be run ({error}); this test needs Chromium with its driver \
                (Debian: apt-get install chromium chromium-driver; {DRIVER} names a driver elsewhere). \
                {WITHOUT}=1 leaves the tests out that need it"
            )
        });
        let mut said = BufReader::new(process.stdout.take().expect("piped"));
        let mut heard = String::new();
        let port = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).expect("UTF-8") > 0, "{program} ended: {heard}");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim().trim_end_matches('.').to_owned();
            }
            heard.push_str(&line);
        };
        // It goes on talking; somebody must read it.
        std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
        Self { process, address: format!("http://127.0.0.1:{port}") }
    }

    fn end(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end();
    }
}

/// Browsers that a story opens.
#[derive(Clone)]
pub(crate) struct Browsers {
    driver: String,
    open: Arc<Mutex<Vec<WebDriver>>>,
}

impl Browsers {
    /// Opens a browser that knows nothing of the others, for a server at `http://…`.
    pub(crate) async fn open(&self, server: &str) -> Tab {
        let mut wanted = ChromeCapabilities::new();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--window-size=1280,900",
            "--lang=en",
        ] {
            wanted.add_arg(argument).expect("an argument");
        }
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a level");
        let driver = WebDriver::new(&self.driver, wanted).await.unwrap_or_else(|error| {
            panic!("Chromium does not start ({error}); Debian: apt-get install chromium chromium-driver")
        });
        driver.set_script_timeout(PATIENCE).await.expect("it is set");
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(driver.clone());
        Tab { driver, server: server.to_owned() }
    }
}

/// What one looks at.
pub(crate) struct Tab {
    pub(crate) driver: WebDriver,
    server: String,
}

impl Tab {
    /// Opens a page of the server.
    pub(crate) async fn go(&self, address: &str) {
        let address = if address.starts_with("http") {
            address.to_owned()
        } else {
            format!("{}{address}", self.server)
        };
        self.driver.goto(address.as_str()).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// The present address without the server.
    pub(crate) async fn address(&self) -> String {
        let url = self.driver.current_url().await.expect("an address").to_string();
        url.strip_prefix(&self.server).map_or(url.clone(), str::to_owned)
    }

    /// What a script gives. It runs beside the page's own policy.
    pub(crate) async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        let ran = self.driver.execute(script, arguments).await;
        ran.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// What the page's own server answers to the page.
    pub(crate) async fn fetch(&self, address: &str) -> String {
        let script = "const [address, done] = arguments;
            fetch(address).then(async (answer) => done(`${answer.ok ? '' : answer.status}${await answer.text()}`));";
        let asked = self.driver.execute_async(script, vec![json!(address)]).await;
        let answer = asked.unwrap_or_else(|error| panic!("{address}: {error}")).json().clone();
        answer.as_str().unwrap_or_default().to_owned()
    }

    /// The text that one reads on the page, blanks folded.
    pub(crate) async fn words(&self) -> String {
        let text = self.run("return document.body ? document.body.innerText : ''", Vec::new()).await;
        text.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Waits until one reads a text.
    pub(crate) async fn see(&self, part: &str) {
        self.wait(&format!("\"{part}\" is not to be read"), async || self.words().await.contains(part)).await;
    }

    /// Waits until one is at an address that begins so.
    pub(crate) async fn arrive(&self, address: &str) {
        let missed = format!("it is not {address}");
        self.wait(&missed, async || self.address().await.starts_with(address)).await;
    }

    /// Waits until something holds.
    pub(crate) async fn wait(&self, otherwise: &str, holds: impl AsyncFn() -> bool) {
        let began = Instant::now();
        while !holds().await {
            let is_late = began.elapsed() > PATIENCE;
            assert!(!is_late, "{otherwise}: {} {}", self.address().await, self.words().await);
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// The first thing that is shown and that a selector finds.
    pub(crate) async fn find(&self, css: &str) -> WebElement {
        self.found(By::Css(css.to_owned()), css).await
    }

    async fn found(&self, by: By, called: &str) -> WebElement {
        let found = self.driver.query(by).wait(PATIENCE, GLANCE).and_displayed().first().await;
        let Ok(found) = found else {
            panic!("there is no {called}: {} {}", self.address().await, self.words().await);
        };
        found
    }

    /// Presses what a selector finds.
    pub(crate) async fn press(&self, css: &str) {
        let found = self.find(css).await;
        found.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Follows the link with a text.
    pub(crate) async fn follow(&self, text: &str) {
        let found = self.found(By::LinkText(text.to_owned()), text).await;
        found.click().await.unwrap_or_else(|error| panic!("{text}: {error}"));
    }

    /// Presses the button with a text.
    pub(crate) async fn push(&self, text: &str) {
        let found = self.found(By::XPath(format!("//button[normalize-space()={text:?}]")), text).await;
        found.click().await.unwrap_or_else(|error| panic!("{text}: {error}"));
    }

    /// Types into what a selector finds, in place of what stands there.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let found = self.find(css).await;
        let typed = async {
            found.clear().await?;
            found.send_keys(TypingData::from(text)).await
        };
        typed.await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Chooses a value of a list.
    pub(crate) async fn choose(&self, css: &str, value: &str) {
        self.press(&format!("{css} option[value=\"{value}\"]")).await;
    }

    /// Signs in to the dashboard.
    pub(crate) async fn sign_in(&self, id: &str, secret: &str) {
        self.go("/dashboard/sign-in").await;
        self.fill("[name=client-id]", id).await;
        self.fill("[name=client-secret]", secret).await;
        self.push("Sign in").await;
        self.arrive("/dashboard/groups").await;
    }

    /// Shows pages as those see them who prefer `light` or `dark`.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.expect("it is set");
    }

    /// Lets no page run scripts, from the next page on.
    pub(crate) async fn forbid_scripts(&self) {
        let off = json!({ "value": true });
        self.driver.cdp().send_raw("Emulation.setScriptExecutionDisabled", off).await.expect("it is set");
    }

    /// What the browser complained of since it was asked last: scripts that failed or were not let through, files that
    /// are missing.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let said = self.driver.browser_log().await.expect("a log");
        said.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect()
    }
}
