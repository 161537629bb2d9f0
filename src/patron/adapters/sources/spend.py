"""What advertising cost: a plain table, Meta Ads and Google Ads exports, and the ad report of Fivetran's models."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.collect import amounts, ids
from patron.kernel.money import CURRENCIES
from patron.ports.source import Check, Field, FileSource, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_TOTAL = r"^(grand )?totals?( *[:(].*)?$|^results from \d+ "
_CODES = tuple(sorted(CURRENCIES))
_COST = Field(
    "cost", "amount", ("spend", "amount spent", "amount", "costs", *(f"amount spent ({c})" for c in _CODES)), needed=True, filled=True
)  # fmt: skip
_FIGURES = (
    _COST,
    Field("currency", "text", ("currency code", "account currency")),
    Field("impressions", "number", ("impr.", "impr", "views")),
    Field("clicks", "number", ("link clicks", "clicks (all)")),
    Field("conversions", "number", ("results", "purchases")),
)
_NAMES = (
    Field("campaign_name", "text", ("campaign", "campaigns")),
    Field("group_name", "text", ("ad group", "ad group name", "ad set name", "adset")),
    Field("ad_name", "text", ("ad",)),
    Field("ad_id", "reference"),
    Field("group_id", "reference", ("ad group id", "ad set id")),
    Field("campaign_id", "reference"),
)
_CHANNELS: Mapping[str, tuple[str, ...]] = {
    "meta": ("facebook", "instagram", "facebook ads", "meta ads", "fb", "facebook_ads", "meta_ads"),
    "google": ("google ads", "adwords", "google_ads", "google adwords", "search"),
    "tiktok": ("tiktok ads", "tiktok_ads"),
    "bing": ("microsoft ads", "bing ads", "microsoft_ads", "microsoft advertising"),
    "pinterest": ("pinterest ads", "pinterest_ads"),
    "linkedin": ("linkedin ads", "linkedin_ads"),
    "snapchat": ("snapchat ads", "snapchat_ads"),
    "x": ("twitter", "twitter ads", "twitter_ads", "x ads"),
    "amazon": ("amazon ads", "amazon_ads"),
    "reddit": ("reddit ads", "reddit_ads"),
}
"""What platforms call themselves, by the name of the channel here; another name stays, in lower case."""


def _layout(
    name: str, *, times: tuple[Field, ...], channel: str = "", others: tuple[Field, ...] = (), marks: tuple[str, ...] = ()
) -> Layout:
    fields = (*times, *others, *_NAMES, *_FIGURES)
    return Layout(
        name=name,
        fields=fields,
        primary="spend",
        key=_key(channel),
        facts=_facts(channel),
        checks=(
            Check("cost", lambda r: r.cost < 0, "a cost that is not negative"),
            Check("currency", lambda r: ~amounts.is_code(r.currency.upper()), "an ISO 4217 code such as EUR"),
            Check(times[0].name, lambda r: _begin(r).isnull(), "a day"),
        ),
        marks=marks,
        skip=_is_total(tuple(f.name for f in (*times, *others, *_NAMES))),
    )


def _is_total(names: tuple[str, ...]) -> Callable[[ir.Table], ir.BooleanValue]:
    """A row of sums says Total, or what it is the sum of, where others have a day or a name."""

    def skip(texts: ir.Table) -> ir.BooleanValue:
        return reduce(lambda a, b: a | b, (texts[name].lower().re_search(_TOTAL).fill_null(False) for name in names))

    return skip


def _begin(records: ir.Table) -> ir.DateValue:
    return ibis.coalesce(*(records[c] for c in ("day", "week", "month") if c in records.columns))


def _end(records: ir.Table) -> ir.DateValue:
    """The last day: as said, else of the week or month that begins on the first."""
    spans = []
    if "ends_on" in records.columns:
        spans.append(records.ends_on)
    if "week" in records.columns:
        spans.append(ibis.ifelse(records.day.isnull() & records.week.notnull(), records.week + ibis.interval(days=6), ibis.null("date")))
    if "month" in records.columns:
        next_month = records.month.truncate("M") + ibis.interval(months=1)
        last = (next_month - ibis.interval(days=1)).cast("date")
        spans.append(ibis.ifelse(records.day.isnull() & records.week.isnull(), last, ibis.null("date")))
    return ibis.coalesce(*(s.cast("date") for s in spans), _begin(records))


def _channel(records: ir.Table, fixed: str) -> ir.StringValue:
    if fixed:
        return ibis.literal(fixed)
    said = ibis.coalesce(records.channel.lower(), ibis.literal("other"))
    return ibis.cases(*[(said.isin(words), ibis.literal(name)) for name, words in _CHANNELS.items()], else_=said)


def _key(channel: str) -> Callable[[ir.Table, Intake], ir.IntegerValue]:
    def key(records: ir.Table, intake: Intake) -> ir.IntegerValue:
        named = [ibis.coalesce(records[f.name], ibis.literal("")) for f in _NAMES]
        days = [_begin(records).cast("string"), _end(records).cast("string")]
        text = ids.named(f"spend/{intake.source}/{intake.scope}", *days, _channel(records, channel), *named)
        # A report by device or country has several rows of a day and campaign; they are told apart by their order of cost.
        figures = [records.cost.desc(), records.impressions, records.clicks, records.conversions]
        times = ibis.row_number().over(ibis.window(group_by=text, order_by=figures)).cast("string")
        return ids.named("spend", text.cast("string"), times)

    return key


def _facts(channel: str) -> Callable[[ir.Table, Intake], Mapping[str, ir.Table]]:
    def facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
        code = ibis.coalesce(records.currency.upper(), ibis.literal(_stated_currency(intake)))
        rows = records.select(
            spend_id=records.key,
            starts_on=_begin(records),
            ends_on=_end(records),
            channel=_channel(records, channel),
            campaign_name=records.campaign_name,
            currency=code,
            cost=amounts.minor(records.cost, code),
            impressions=records.impressions.round().cast("int64"),
            clicks=records.clicks.round().cast("int64"),
            conversions=records.conversions,
        )
        return {"spend": rows}

    return facts


def _stated_currency(intake: Intake) -> str:
    """The currency in the header of the cost, "Amount spent (EUR)", else the file's."""
    header = intake.columns.get("cost", "")
    code = header[header.find("(") + 1 : header.rfind(")")].strip().upper()
    return code if code in CURRENCIES else intake.currency


META = _layout(
    "Meta Ads export",
    times=(Field("day", "date", ("reporting starts",), needed=True), Field("ends_on", "date", ("reporting ends",))),
    channel="meta",
    marks=("Reporting starts",),
)
GOOGLE = _layout(
    "Google Ads report",
    times=(Field("day", "date"), Field("week", "date"), Field("month", "date")),
    channel="google",
    marks=("Campaign", "Cost", "Impr."),
)
REPORT = _layout(
    "ad report of Fivetran's models",
    times=(Field("day", "date", ("date day",), needed=True),),
    others=(Field("channel", "text", ("platform",), needed=True),),
    marks=("date_day", "platform", "spend"),
)
PLAIN = _layout(
    "spend, one row per span and channel",
    times=(
        Field("day", "date", ("date", "starts on", "start date", "start", "from", "starts")),
        Field("week", "date", ("date week", "week start", "week of")),
        Field("month", "date", ("month start",)),
        Field("ends_on", "date", ("end date", "end", "to", "until", "ends")),
    ),
    others=(Field("channel", "text", ("platform", "source", "medium", "ad platform", "network"), needed=True, filled=True),),
)
SOURCE = FileSource("spend", "What advertising cost, per day or span, channel and campaign.", (META, GOOGLE, REPORT, PLAIN))
