from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from patron.app.actions.init import init
from patron.app.config import read_config, webhook_secrets
from patron.kernel.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def test_new_project_has_settings_that_read_back(tmp_path: Path) -> None:
    init(tmp_path / "my-shop", name='Ann "A" & co', currency="gbp", time_zone="Europe/London", country="gb")
    shop = read_config(tmp_path / "my-shop" / "patron.toml").as_shop()
    assert (shop.name, shop.currency, shop.calendar.zone, shop.country) == ('Ann "A" & co', "GBP", "Europe/London", "GB")


def test_project_is_not_made_twice(tmp_path: Path) -> None:
    init(tmp_path)
    with pytest.raises(InputError, match="already"):
        init(tmp_path)


def test_all_wrong_settings_are_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "patron.toml"
    file.write_text(
        '[shop]\ncurency = "GBP"\ntime_zone = "Europe/Pariss"\nweek_starts = "funday"\n'
        '[money]\nmargin_rate = 40\ndelivery_cost = "x"\n[engine]\nthreads = "two"\n'
    )
    with pytest.raises(InputError) as raised:
        read_config(file)
    text = str(raised.value)
    for part in ("did you mean 'currency'", "did you mean 'Europe/Paris'", "one of monday", "from 0 to 1", "a whole number"):
        assert part in text


def test_broken_toml_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "patron.toml").write_text("[shop")
    with pytest.raises(InputError, match="cannot be read as TOML"):
        read_config(tmp_path / "patron.toml")


def test_scores_are_set_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "patron.toml"
    file.write_text('[scores.m]\nmethod = "fixed"\ncuts = [10, 20, 50, 100]\n[ladder]\nprior = 0.3\n')
    config = read_config(file)
    assert config.scores.m.cuts == (10, 20, 50, 100)
    assert config.scores.m.feature == "mean_order_value"
    assert config.features.ladder.prior == 0.3


def test_cut_points_that_make_no_five_scores_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "patron.toml"
    file.write_text('[scores.m]\nmethod = "fixed"\ncuts = [10, 5]\n')
    with pytest.raises(InputError, match="four rising numbers"):
        read_config(file)


def test_secrets_are_named_in_the_file_and_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "patron.toml"
    file.write_text('[webhooks.shopify]\nsecret = "SHOP_ONE"\nsecond_secret = "SHOP_TWO"\n', encoding="utf-8")
    monkeypatch.setenv("SHOP_ONE", "one")
    monkeypatch.setenv("SHOP_TWO", "two")
    assert webhook_secrets(read_config(file)) == {"shopify": ("one", "two"), "woocommerce": ()}


def test_secrets_that_are_not_in_the_environment_are_all_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "patron.toml"
    file.write_text('[webhooks.shopify]\nsecret = "SHOP_ONE"\n[webhooks.woocommerce]\nsecret = "WOO"\n', encoding="utf-8")
    monkeypatch.delenv("SHOP_ONE", raising=False)
    monkeypatch.setenv("WOO", "")
    with pytest.raises(InputError) as raised:
        webhook_secrets(read_config(file))
    assert [p.where for p in raised.value.problems] == ["webhooks.shopify.secret", "webhooks.woocommerce.secret"]
