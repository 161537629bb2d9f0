"""Countries by name: whatever an export calls a country becomes its ISO 3166 alpha-2 code where it can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

_NAMES = """
AD andorra; AE united arab emirates, uae; AF afghanistan; AG antigua and barbuda; AI anguilla; AL albania; AM armenia; AO angola; AR
argentina; AS american samoa; AT austria, österreich, oesterreich; AU australia; AW aruba; AZ azerbaijan; BA bosnia and herzegovina,
bosnia & herzegovina, bosnia; BB barbados; BD bangladesh; BE belgium, belgië, belgique, belgien; BF burkina faso; BG bulgaria,
българия; BH bahrain; BI burundi; BJ benin; BM bermuda; BN brunei, brunei darussalam; BO bolivia; BR brazil, brasil; BS bahamas, the
bahamas; BT bhutan; BW botswana; BY belarus; BZ belize; CA canada; CD congo, the democratic republic of the congo; CF central african
republic; CG republic of the congo; CH switzerland, schweiz, suisse, svizzera; CI ivory coast, côte d'ivoire; CL chile; CM cameroon;
CN china, people's republic of china; CO colombia; CR costa rica; CU cuba; CV cape verde, cabo verde; CW curaçao, curacao; CY cyprus;
CZ czech republic, czechia, česko, česká republika; DE germany, deutschland, federal republic of germany; DJ djibouti; DK denmark,
danmark; DM dominica; DO dominican republic; DZ algeria; EC ecuador; EE estonia, eesti; EG egypt; ER eritrea; ES spain, españa,
espana; ET ethiopia; FI finland, suomi; FJ fiji; FO faroe islands; FR france; GA gabon; GB united kingdom, uk, great britain, england,
scotland, wales, northern ireland, u.k., gbr; GD grenada; GE georgia; GF french guiana; GG guernsey; GH ghana; GI gibraltar; GL
greenland; GM gambia; GN guinea; GP guadeloupe; GQ equatorial guinea; GR greece, ελλάδα; GT guatemala; GU guam; GW guinea-bissau; GY
guyana; HK hong kong, hong kong sar; HN honduras; HR croatia, hrvatska; HT haiti; HU hungary, magyarország; ID indonesia; IE ireland,
eire, republic of ireland; IL israel; IM isle of man; IN india; IQ iraq; IR iran; IS iceland; IT italy, italia, italien; JE jersey; JM
jamaica; JO jordan; JP japan, 日本; KE kenya; KG kyrgyzstan; KH cambodia; KI kiribati; KM comoros; KN saint kitts and nevis; KP north
korea; KR south korea, korea, republic of korea; KW kuwait; KY cayman islands; KZ kazakhstan; LA laos; LB lebanon; LC saint lucia; LI
liechtenstein; LK sri lanka; LR liberia; LS lesotho; LT lithuania, lietuva; LU luxembourg, luxemburg; LV latvia, latvija; LY libya; MA
morocco; MC monaco; MD moldova; ME montenegro; MG madagascar; MH marshall islands; MK north macedonia, macedonia; ML mali; MM myanmar,
burma; MN mongolia; MO macao, macau; MP northern mariana islands; MQ martinique; MR mauritania; MS montserrat; MT malta; MU mauritius;
MV maldives; MW malawi; MX mexico, méxico; MY malaysia; MZ mozambique; NA namibia; NC new caledonia; NE niger; NG nigeria; NI
nicaragua; NL netherlands, the netherlands, nederland, holland; NO norway, norge; NP nepal; NR nauru; NZ new zealand; OM oman; PA
panama; PE peru, perú; PF french polynesia; PG papua new guinea; PH philippines; PK pakistan; PL poland, polska; PR puerto rico; PS
palestine; PT portugal; PW palau; PY paraguay; QA qatar; RE réunion, reunion; RO romania, românia; RS serbia, srbija; RU russia,
russian federation, россия; RW rwanda; SA saudi arabia; SB solomon islands; SC seychelles; SD sudan; SE sweden, sverige; SG singapore;
SI slovenia, slovenija; SK slovakia, slovak republic, slovensko; SL sierra leone; SM san marino; SN senegal; SO somalia; SR suriname;
SS south sudan; ST são tomé and príncipe, sao tome and principe; SV el salvador; SX sint maarten; SY syria; SZ eswatini, swaziland; TC
turks and caicos islands; TD chad; TG togo; TH thailand; TJ tajikistan; TL timor-leste, east timor; TM turkmenistan; TN tunisia; TO
tonga; TR turkey, türkiye, turkiye; TT trinidad and tobago; TV tuvalu; TW taiwan, 台灣, 臺灣; TZ tanzania; UA ukraine, україна; UG uganda;
US united states, united states of america, usa, u.s.a., u.s., america; UY uruguay; UZ uzbekistan; VA vatican city, holy see; VC saint
vincent and the grenadines; VE venezuela; VG british virgin islands; VI us virgin islands, u.s. virgin islands; VN vietnam, viet nam;
VU vanuatu; WS samoa; XK kosovo; YE yemen; YT mayotte; ZA south africa, rsa; ZM zambia; ZW zimbabwe
"""
NAMES: dict[str, tuple[str, ...]] = {
    code: tuple(name.strip() for name in names.split(","))
    for code, _, names in (one.strip().partition(" ") for one in _NAMES.replace("\n", " ").split(";"))
}
"""Names in lower case by ISO 3166 alpha-2 code."""


_INDEX = "|" + "".join(f"{name}={code}|" for code, names in NAMES.items() for name in names)


def country(text: ir.StringValue) -> ir.StringValue:
    """The code of a country by its name or code; what is neither stays as it was received.

    The names stand in one long text in which each is looked up: engines do that much faster than trying some hundred cases.
    """
    lower, index = text.lower(), ibis.literal(_INDEX)
    place = index.find(ibis.literal("|") + lower + "=")
    code = index.substr(place + lower.length() + 2, 2)
    return ibis.cases((place >= 0, code), (text.length() == 2, text.upper()), else_=text)
