"""axe-core over every page and state, on a phone and on a desktop, light and dark: it finds nothing to mend.

Dark changes colours alone, and those are the same at any width: there the contrast is looked at, on a phone.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from render import changes_papers, console_papers, declaration_papers, door_papers, hub_papers, papers, settings_papers
from worker.render import pages
from worker.render.console.frame import render_console_stylesheet
from worker.render.environment import make_environment

pytestmark = pytest.mark.browser
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
LOOKS = [(390, "light", []), (1280, "light", []), (390, "dark", ["color-contrast"])]
"""With the rules that are tried, or none for all of them."""
RUN = """async rules => {
    const only = rules.length ? {runOnly: rules} : {};
    const found = await axe.run(document, {resultTypes: ["violations"], ...only});
    const told = node => node.target.join(" ") + ": " + node.failureSummary;
    return {tried: found.passes.length, wrong: found.violations.map(each => [each.id, each.nodes.map(told)])};
}"""


def sheets() -> dict[str, str]:
    """Every page and state, its stylesheet inside."""
    env, brand = make_environment(), papers.BRAND
    style = f"<style>{pages.render_stylesheet(env, brand)}{render_console_stylesheet(env, brand)}</style>"
    found = {
        "document": pages.render_document(env, brand, papers.invoice(papers.sale())),
        "document-credit": pages.render_document(env, brand, papers.refund()),
        "document-provider": pages.render_document(env, brand, papers.provided()),
        **door_papers.notices(env, brand),
        **hub_papers.pages(env, brand),
        **changes_papers.pages(env, brand),
        **console_papers.pages(env, brand),
        **settings_papers.pages(env, brand),
        **declaration_papers.pages(env, brand),
    }
    return {name: html.replace("</head>", style + "</head>") for name, html in found.items()}


@pytest.mark.parametrize(("width", "scheme", "rules"), LOOKS)
async def test_axe_finds_nothing(chromium: Path, width: int, scheme: Any, rules: list[str]) -> None:
    wrong = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=QUIET)
        try:
            page = await browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            await page.evaluate(AXE)  # it stays while only the content changes
            for name, html in sheets().items():
                await page.set_content(html)
                said = await page.evaluate(RUN, rules)
                assert said["tried"] > (0 if rules else 5), name
                if said["wrong"]:
                    wrong[name] = said["wrong"]
            await _notices_a_picture_without_words(browser)
        finally:
            await browser.close()
    assert wrong == {}


async def _notices_a_picture_without_words(browser: Browser) -> None:
    """The proof that it looks at all."""
    page = await browser.new_page()
    await page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"></main></html>')
    await page.evaluate(AXE)
    assert [each[0] for each in (await page.evaluate(RUN, []))["wrong"]] == ["image-alt"]
