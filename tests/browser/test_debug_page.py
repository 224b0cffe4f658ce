"""The debug page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from generated.arith import ArithClient, register_arith
from idl.arith import Args, Quotient
from rpcgen import Server, ServerError
from rpcgen.method import Method

from .chromium import CHROMIUM, DevTools, Page, chromium

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: apt-get install chromium has one"
)

SUM_UP = Method[list[int], int]("More.SumUp")


class Calculator:
    def multiply(self, args: Args) -> int:
        return args.a * args.b

    def divide(self, args: Args) -> Quotient:
        if args.b == 0:
            raise ValueError("divide by <zero>")
        return Quotient(*divmod(args.a, args.b))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevTools]:
    with chromium(str(tmp_path_factory.mktemp("profile"))) as tools:
        yield tools


@pytest.fixture
def page(browser: DevTools) -> Iterator[Page]:
    page = Page(browser)
    yield page
    page.close()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        register_arith(server, Calculator())
        server.handle_http(allow_calls=True)
        yield server


@pytest.fixture
def address(server: Server) -> str:
    return server.listen("http://127.0.0.1:0").address


@pytest.fixture
def url(address: str) -> str:
    return f"{address}/debug/rpc"


def multiply(address: str, times: int = 1) -> None:
    with ArithClient.dial(address) as arith:
        for _ in range(times):
            arith.multiply(Args(a=7, b=8))


def number(label: str) -> str:
    """Return the JavaScript for the element that shows a number."""
    return f"document.querySelector('[data-live=\"{label}\"]')"


def shown(page: Page, label: str) -> str:
    text = page.evaluate(f"{number(label)}.textContent")
    assert isinstance(text, str)
    return text


def is_visible(page: Page, selector: str) -> bool:
    return bool(page.evaluate(f"document.querySelector('{selector}')?.offsetHeight > 0"))


def try_method(page: Page, method: str, arguments: str) -> None:
    """Fill in the form of a method, send it, and wait for its output."""
    page.evaluate(f"""
        window.form = document.querySelector('form[data-method="{method}"]');
        form.closest("details").open = true;
        form.querySelector("textarea").value = {arguments!r};
        form.querySelector("button").click();
    """)
    page.wait_for("!!form.querySelector('output').textContent")


def output(page: Page) -> str:
    text = page.evaluate("form.querySelector('output').textContent")
    assert isinstance(text, str)
    return text


def test_page_shows_services(page: Page, url: str) -> None:
    page.open(url)
    assert page.evaluate("document.querySelector('h2').innerText") == "Arith"


def test_page_shows_counts(page: Page, url: str, address: str) -> None:
    multiply(address, times=3)
    page.open(url)
    assert shown(page, "Arith.Multiply Calls") == "3"


def test_page_obeys_its_own_policy(page: Page, url: str) -> None:
    page.run_first(
        "addEventListener('securitypolicyviolation', (e) => { window.violation = e.blockedURI; })"
    )
    page.open(url)
    try_method(page, "Arith.Multiply", '{"A": 7, "B": 8}')
    assert page.evaluate("window.violation") is None


def test_page_runs_no_script_of_a_name(page: Page, url: str, server: Server) -> None:
    hostile = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    server.register_name(hostile, [SUM_UP.handler(sum)])
    page.open(url)
    headings = page.evaluate("Array.from(document.querySelectorAll('h2'), (h) => h.innerText)")
    assert (sorted(headings), page.evaluate("window.hacked")) == ([hostile, "Arith"], None)


def test_numbers_refresh(page: Page, url: str, address: str) -> None:
    page.open(url)
    multiply(address, times=2)
    page.wait_for(f"{number('Arith.Multiply Calls')}.textContent === '2'")


def test_numbers_refresh_in_place(page: Page, url: str, address: str) -> None:
    page.open(url)
    page.evaluate(f"window.cell = {number('Arith.Multiply Calls')}; 0")
    multiply(address)
    page.wait_for("cell.textContent === '1' && cell.isConnected")


def test_refresh_leaves_open_forms_alone(page: Page, url: str, address: str) -> None:
    page.open(url)
    page.evaluate("""
        document.querySelector("details").open = true;
        document.querySelector("textarea").value = "half a thou";
    """)
    multiply(address)
    page.wait_for(f"{number('Arith.Multiply Calls')}.textContent === '1'")
    assert (
        page.evaluate(
            "document.querySelector('details').open && document.querySelector('textarea').value"
        )
        == "half a thou"
    )


def test_refresh_shows_new_services(page: Page, url: str, server: Server) -> None:
    page.open(url)
    server.register_name("More", [SUM_UP.handler(sum)])
    page.wait_for(f"{number('More.SumUp Calls')} !== null")


def test_refresh_pauses_while_the_tab_is_hidden(page: Page, url: str) -> None:
    page.open(url)
    page.evaluate("""
        Object.defineProperty(document, "hidden", { value: true, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    """)
    assert page.evaluate("document.querySelector('#status').textContent") == "paused"


def test_refresh_goes_on_when_the_tab_is_seen_again(page: Page, url: str, address: str) -> None:
    page.open(url)
    page.evaluate("""
        Object.defineProperty(document, "hidden", { value: true, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    """)
    multiply(address)
    page.evaluate("""
        delete document.hidden;
        document.dispatchEvent(new Event("visibilitychange"));
    """)
    page.wait_for(f"{number('Arith.Multiply Calls')}.textContent === '1'")


def test_refresh_tells_when_the_server_is_gone(page: Page, url: str, server: Server) -> None:
    page.open(url)
    server.close()
    page.wait_for("document.querySelector('#status.lost')?.textContent.startsWith('no answer')")


def test_page_without_javascript_shows_counts(page: Page, url: str, address: str) -> None:
    multiply(address)
    page.disable_javascript()
    page.open(url)
    assert shown(page, "Arith.Multiply Calls") == "1"


def test_page_without_javascript_says_so(page: Page, url: str) -> None:
    page.disable_javascript()
    page.open(url)
    expected = "This page reloads every 10 seconds. Trying methods needs JavaScript."
    assert page.evaluate("document.querySelector('body > noscript').innerText.trim()") == expected


def test_page_without_javascript_has_no_forms(page: Page, url: str) -> None:
    page.disable_javascript()
    page.open(url)
    assert not is_visible(page, ".try")


def test_page_has_no_forms_unless_asked_for(page: Page, url: str, server: Server) -> None:
    server.handle_http()
    page.open(url)
    assert page.evaluate("document.querySelector('form')") is None


def test_form_calls_a_method(page: Page, url: str) -> None:
    page.open(url)
    try_method(page, "Arith.Multiply", '{"A": 7, "B": 8}')
    assert output(page).splitlines()[0] == "56"


def test_form_refreshes_the_numbers(page: Page, url: str) -> None:
    page.open(url)
    try_method(page, "Arith.Multiply", '{"A": 7, "B": 8}')
    page.wait_for(f"{number('Arith.Multiply Calls')}.textContent === '1'")


def test_form_shows_a_message(page: Page, url: str) -> None:
    page.open(url)
    try_method(page, "Arith.Divide", '{"A": 17, "B": 8}')
    assert output(page).splitlines()[:-1] == ["{", '  "Quo": 2,', '  "Rem": 1', "}"]


def test_form_shows_the_error_of_a_method(page: Page, url: str) -> None:
    page.open(url)
    try_method(page, "Arith.Divide", '{"A": 1, "B": 0}')
    assert output(page) == "divide by <zero>"


def test_form_shows_what_is_no_json(page: Page, url: str, server: Server) -> None:
    page.open(url)
    try_method(page, "Arith.Multiply", '{"A": ')
    assert ("JSON" in output(page), server.find("Arith.Multiply").calls) == (True, 0)


def test_form_keeps_every_digit(page: Page, url: str) -> None:
    page.open(url)
    try_method(page, "Arith.Multiply", '{"A": 4611686018427387905, "B": 1}')
    assert '"result":4611686018427387905' in output(page)


@pytest.mark.parametrize("width", [320, 480, 768, 1000, 1280])
def test_page_fits_its_width(page: Page, url: str, width: int) -> None:
    page.resize(width)
    page.open(url)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# The contrast of each text with what is behind it, by the formula of WCAG 2.
LOWEST_CONTRAST = """
(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((each) => {
      const part = each / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 ? behind(element.parentElement) : color;
  };
  const texts = "h1, h2, p, code, b, th, td, dt, dd, summary, textarea, button, #status";
  const contrasts = Array.from(document.querySelectorAll(texts))
    .map((element) => [luminance(getComputedStyle(element).color), luminance(behind(element))])
    .map(([one, other]) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05));
  return Math.min(...contrasts);
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_can_be_read(page: Page, url: str, address: str, scheme: str) -> None:
    with ArithClient.dial(address) as arith, pytest.raises(ServerError):
        arith.divide(Args(a=1, b=0))
    page.prefer(scheme)
    page.open(url)
    assert page.evaluate(LOWEST_CONTRAST) >= 4.5


def test_page_is_dark_where_that_is_preferred(page: Page, url: str) -> None:
    page.open(url)
    colors = []
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        colors.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colors == ["rgb(245, 246, 248)", "rgb(16, 20, 26)"]
