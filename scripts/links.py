"""Open every page of the built site in headless Chromium, and follow its links.

Start at the first page and go on until no page is left. A link must lead to a page
that loads, its anchor to an element of that page; a page must log no error in the
browser's console; the search must find a layer by name. Links to other sites are
counted and not opened. Every page of the folder must be reached from the first one.

    python scripts/links.py build/site [--screenshots FOLDER] [--require-browser]
"""

import argparse
import functools
import http.server
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains
from selenium.webdriver.support.ui import WebDriverWait

#: Names of the browser, the first that is installed is taken.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: Reads all that is needed of a page in one call.
READ_PAGE = """
const from = (query, name) =>
  [...document.querySelectorAll(query)].map(node => node.getAttribute(name));
return [from("a[href]", "href"), from("[id]", "id"), from("img[src]", "src")];
"""
#: Finds the links of search results, which stand in trees of their own (shadow roots).
FIND_LINKS = """
const links = node => [
  ...[...node.querySelectorAll("a[href]")].map(link => link.href),
  ...[...node.querySelectorAll("*")].flatMap(
    child => child.shadowRoot ? links(child.shadowRoot) : []),
];
return [...document.querySelectorAll("*")].flatMap(
  node => node.shadowRoot ? links(node.shadowRoot) : []);
"""
#: Files of the site that no page needs to link to.
UNLINKED = {"404.html"}
SEARCHED = "MultiHashEmbed"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line in the log for each."""

    def log_message(self, *args: object) -> None:
        """Write nothing."""


def main() -> int:
    """Check the site; return 0, 1 after errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("--require-browser", action="store_true")
    args = parser.parse_args()
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    if binary is None:
        print(f"Links not followed: no browser ({', '.join(BROWSERS)}) is installed.")
        return 1 if args.require_browser else 0
    handler = functools.partial(QuietHandler, directory=str(args.site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    driver = open_browser(binary)
    try:
        root = f"http://127.0.0.1:{server.server_port}/"
        errors = check_site(driver, root, args.site, args.screenshots)
    finally:
        driver.quit()
        server.shutdown()
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0


def open_browser(binary: str) -> webdriver.Chrome:
    """Start the browser without a window; with its own driver, if there is one."""
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--window-size=1280,1400", "--disable-gpu"):
        options.add_argument(argument)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium refuses root with a sandbox.
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = shutil.which("chromedriver")
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def check_site(
    driver: webdriver.Chrome, root: str, site: Path, screenshots: Path | None
) -> list[str]:
    """Visit all pages; return what is wrong, a line each."""
    errors: list[str] = []
    ids: dict[str, set[str]] = {}
    links: list[tuple[str, str, str]] = []  # Page, target, anchor.
    outside: set[str] = set()
    waiting = [root + "index.html"]
    while waiting:
        url = waiting.pop()
        page = url.removeprefix(root)
        driver.get(url)
        hrefs, found, images = driver.execute_script(READ_PAGE)
        ids[url] = set(found)
        errors += [f"{page}: {m['message']}" for m in severe(driver, root)]
        errors += [
            f"{page}: the image {image} is not there"
            for image in images
            if not image.startswith(("data:", "http")) and not exists(site, url, image)
        ]
        for href in hrefs:
            target, anchor = urldefrag(urljoin(url, href))
            if not target.startswith(root):
                outside.add(target)
                continue
            target += "index.html" if target.endswith("/") else ""
            links.append((page, target, unquote(anchor)))
            if target in ids or target in waiting:
                continue
            if not (site / unquote(target.removeprefix(root))).is_file():
                errors.append(f"{page}: {href} leads nowhere")
                ids[target] = set()
            elif target.endswith(".html"):
                waiting.append(target)
        if screenshots is not None:
            screenshots.mkdir(parents=True, exist_ok=True)
            name = page.replace("/", "-").removesuffix(".html")
            driver.save_screenshot(str(screenshots / f"{name}.png"))
    errors += sorted(
        f"{page}: {target.removeprefix(root)} has no element #{anchor}"
        for page, target, anchor in {*links}
        if anchor and anchor not in ids.get(target, {anchor})
    )
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    reached = {url.removeprefix(root) for url in ids}
    errors += [f"No page links to {page}" for page in pages - reached - UNLINKED]
    errors += check_search(driver, root, screenshots)
    print(f"{len(ids)} pages, {len({*links})} links, {len(outside)} to other sites.")
    return errors


def exists(site: Path, url: str, image: str) -> bool:
    path = urljoin(url, image).split("/", 3)[3]
    return (site / unquote(path)).is_file()


def severe(driver: webdriver.Chrome, root: str) -> list[dict[str, str]]:
    """Return errors of the page itself in the browser's console."""
    logged = driver.get_log("browser")  # type: ignore[no-untyped-call]
    return [m for m in logged if m["level"] == "SEVERE" and root in m["message"]]


def check_search(
    driver: webdriver.Chrome, root: str, screenshots: Path | None
) -> list[str]:
    """Type a layer's name into the search, and wait for its page of reference."""
    driver.get(root + "index.html")
    try:
        click = "document.querySelector('.md-search__button').click()"
        driver.execute_script(click)
        time.sleep(0.5)  # The box takes the focus when it has been unfolded.
        ActionChains(driver).send_keys(SEARCHED).perform()
        WebDriverWait(driver, 20).until(
            lambda d: any("/reference/" in url for url in d.execute_script(FIND_LINKS))
        )
    except WebDriverException as error:
        return [f"The search does not find {SEARCHED}: {type(error).__name__}"]
    finally:
        if screenshots is not None:
            driver.save_screenshot(str(screenshots / "search.png"))
    return []


if __name__ == "__main__":
    raise SystemExit(main())
