"""Credentials that give themselves away: issued with a prefix, framed by markers, or in a URL.

Every expression runs in linear time: it starts only where a token can start, and what it repeats is
bounded or possessive. A pattern is tried only on a text that holds one of its hints.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from kubeguard.model.credentials.credential import Credential
from kubeguard.model.credentials.values import filler, harmless
from kubeguard.model.regex import Regex

_PROMISING = Regex(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{14}|://|[?&;]|eyJ|Q~|[Bb]asic |[Bb]earer |PRIVATE|auth|"
    r"ord[ =]|ORD |(?:BY|by) '|\bcurl |\bmysql|\blogin "
)
"""What every match holds one of; most lines of a manifest do not."""
_SHORT = 10
"""Characters of which fewer are a password at most, after a `:` or a `=`."""


def _anything(_: str) -> bool:
    return True


class Pattern(NamedTuple):
    """`expression` has one group when only a part of the match is confidential.

    `hints` are substrings of which every match holds one, in this case of letters; `genuine` has
    the last word on the confidential part.
    """

    kind: str
    hints: tuple[str, ...]
    expression: Regex
    genuine: Callable[[str], bool] = _anything

    def matches(self, text: str) -> Iterator[Credential]:
        for hint in self.hints:
            if hint in text:
                break
        else:
            return
        group = self.expression.pattern.groups
        for found in self.expression.finditer(text):
            if self.genuine(found[group]):
                yield Credential(self.kind, *found.span(group))


def _issued(kind: str, prefix: str, rest: str, *hints: str) -> Pattern:
    """A token with the prefix its issuer gave it, standing alone."""
    expression = Regex(rf"(?<![A-Za-z0-9_]){prefix}{rest}(?![A-Za-z0-9])")
    return Pattern(kind, hints or (prefix,), expression)


def _decoded(value: str) -> str:
    try:
        cut = value[: len(value) // 4 * 4] if "=" not in value else value
        return base64.b64decode(cut, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _user_and_password(value: str) -> bool:
    """Base64 of `user:password`, as in a basic-auth header or a Docker configuration."""
    user, colon, password = _decoded(value).partition(":")
    return bool(colon and password) and (user + password).isprintable()


def _key_inside(value: str) -> bool:
    """Base64 of a PEM block whose label says that it is private, as in a kubeconfig."""
    return "PRIVATE KEY" in _decoded(value[:64])


def _has_body(value: str) -> bool:
    return len(re.findall(r"[A-Za-z0-9+/=]", value)) >= 100


def _random(value: str) -> bool:
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


_PEM = Regex(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]|-(?!----))*+(?:-----END [A-Z0-9 ]{0,50}-----)?"
)
_URL = Regex(r"://[^\s:/?#@\"'<>\[\](){}]{0,256}:([^\s/?#@\"'<>]{1,1024})@")
_IN_CONNECTION = Regex(
    r"\S[?&;][ \t]{0,4}(?:[Pp]assword|PASSWORD|[Pp]asswd|[Pp]wd|PWD)[ \t]{0,4}="
    r"[ \t]{0,4}([^&;\s\"'<>]{1,256})"
)
_IN_DSN = Regex(
    r"(?<!\S)(?:host|hostaddr|user|dbname|port)=\S++(?: \w{1,30}=\S++){0,8}? "
    r"password=([^\s\"']{1,256})"
)
_IN_SQL = Regex(r"(?<!-)(?:PASSWORD|password|IDENTIFIED BY|identified by) '([^'\n]{1,256})'")
_TO_CURL = Regex(
    r"\bcurl [^\n|;&]{0,200}?(?<=[ \t])(?:-u|--user)[ \t=]{0,4}[\"']?[^\s:\"']{1,100}:"
    r"([^\s\"'|;&]{1,256})"
)
_TO_MYSQL = Regex(r"\bmysql(?:dump|admin)? [^\n|;&]{0,200}?(?<=[ \t])-p[\"']?([^\s\"'|;&]{3,256})")
_TO_LOGIN = Regex(
    r"\b(?:docker|podman|buildah|skopeo|nerdctl|oras|registry|az|oc) login [^\n|;&]{0,200}?"
    r"(?<=[ \t])-p[ \t=]{0,4}[\"']?([^\s\"'|;&-][^\s\"'|;&]{2,256})"
)
_AWS_SECRET = Regex(
    r"(?:[Ss]ecret|SECRET)[_-]?(?:[Aa]ccess|ACCESS)?[_-]?(?:[Kk]ey|KEY)[\\\"']{0,3}"
    r"[ \t]{0,8}[:=][ \t]{0,8}[\\\"']{0,3}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
)
_CHAR = "[A-Za-z0-9_-]"

PATTERNS = (
    Pattern("private key", ("PRIVATE KEY",), _PEM, _has_body),
    Pattern(
        "private key",
        ("LS0tLS1CRUdJTi",),
        Regex(r"(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi[A-Za-z0-9+/]{60,}+={0,2}"),
        _key_inside,
    ),
    Pattern("password in a URL", ("://",), _URL),
    Pattern(
        "password in a connection string",
        ("assword", "ASSWORD", "asswd", "pwd", "Pwd", "PWD"),
        _IN_CONNECTION,
    ),
    Pattern("password in a connection string", (" password=",), _IN_DSN),
    Pattern(
        "password in SQL",
        ("PASSWORD '", "password '", "IDENTIFIED BY '", "identified by '"),
        _IN_SQL,
    ),
    Pattern("password for curl", ("curl ",), _TO_CURL),
    Pattern("password for MySQL", ("mysql",), _TO_MYSQL),
    Pattern("password for a registry", ("login ",), _TO_LOGIN),
    Pattern("AWS secret access key", ("ecret", "SECRET"), _AWS_SECRET, _random),
    Pattern(
        "JSON Web Token",
        ("eyJ",),
        Regex(rf"(?<!{_CHAR})eyJ{_CHAR}{{8,}}+\.eyJ{_CHAR}{{4,}}+\.{_CHAR}{{10,}}+(?!\.{_CHAR})"),
    ),
    Pattern(
        "basic-auth header",
        ("Basic ", "basic "),
        Regex(r"\b[Bb]asic {1,4}([A-Za-z0-9+/]{8,}+={0,2})"),
        _user_and_password,
    ),
    Pattern(
        "bearer token",
        ("Bearer ", "bearer "),
        Regex(r"\b[Bb]earer {1,4}([A-Za-z0-9._~+/-]{20,}+={0,2})"),
        _random,
    ),
    Pattern(
        "registry password",
        ('auth"', "auth\\", "auth:"),
        Regex(r"\bauth[\\\"']{0,3}\s{0,8}:\s{0,8}[\\\"']{0,3}([A-Za-z0-9+/]{8,}+={0,2})"),
        _user_and_password,
    ),
    _issued(
        "AWS access key id", "A(?:KIA|SIA|BIA|CCA)", "[A-Z2-7]{16}", "KIA", "SIA", "BIA", "CCA"
    ),
    _issued("Google API key", "AIza", f"{_CHAR}{{35}}"),
    _issued("Google OAuth client secret", "GOCSPX-", f"{_CHAR}{{28}}"),
    _issued("Google OAuth token", r"ya29\.", f"{_CHAR}{{20,}}+", "ya29."),
    Pattern(
        "Azure storage key",
        ("AccountKey=",),
        Regex(r"AccountKey=([A-Za-z0-9+/]{86}==)"),
    ),
    Pattern(
        "Azure shared access key",
        ("SharedAccessKey=",),
        Regex(r"SharedAccessKey=([A-Za-z0-9+/]{43}=)"),
    ),
    Pattern(
        "Azure shared access signature",
        ("sig=",),
        Regex(r"[?&;]sig=([A-Za-z0-9%+/_-]{43,128}+={0,2})"),
    ),
    Pattern(
        "Azure client secret",
        ("Q~",),
        Regex(r"(?<![\w.~-])[\w.~-]{3}[0-9]Q~[\w.~-]{31,34}(?![\w.~-])"),
    ),
    _issued(
        "GitHub token", "gh[pousr]_", "[A-Za-z0-9]{36,255}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"
    ),
    _issued("GitHub token", "github_pat_", "[A-Za-z0-9_]{22,255}"),
    _issued(
        "GitLab token",
        "gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-",
        rf"{_CHAR}{{20,300}}(?:\.[A-Za-z0-9.]{{2,40}})?",
        *("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-"),
        *("glagent-", "gloas-", "glsoat-", "glffct-"),
    ),
    _issued("Slack token", "xox[abeoprs]-", "[A-Za-z0-9-]{10,250}", "xox"),
    _issued("Slack token", "xapp-", "[0-9]-[A-Za-z0-9-]{10,250}"),
    _issued(
        "Slack webhook",
        r"https://hooks\.slack\.com/",
        "(?:services|workflows|triggers)/[A-Za-z0-9/]{20,250}",
        "hooks.slack.com",
    ),
    _issued(
        "Discord webhook",
        r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/",
        f"[0-9]{{17,20}}/{_CHAR}{{60,100}}",
        "/api/webhooks/",
    ),
    _issued(
        "Teams webhook",
        r"https://[a-z0-9-]{1,63}\.webhook\.office\.com/webhookb2/",
        r"[A-Za-z0-9@/-]{60,300}",
        "webhook.office.com",
    ),
    _issued("Stripe key", "[sr]k_(?:live|test)_", "[A-Za-z0-9]{16,250}", "k_live_", "k_test_"),
    _issued("Stripe webhook secret", "whsec_", "[A-Za-z0-9]{24,100}"),
    _issued("Twilio key", "SK", "[0-9a-f]{32}"),
    _issued("SendGrid key", r"SG\.", rf"{_CHAR}{{22}}\.{_CHAR}{{43}}", "SG."),
    _issued("Mailgun key", "key-", "[0-9a-f]{32}"),
    _issued("npm token", "npm_", "[A-Za-z0-9]{36}"),
    _issued("PyPI token", "pypi-Ag", f"{_CHAR}{{50,250}}"),
    _issued("Docker Hub token", "dckr_[po]at_", f"{_CHAR}{{27,32}}", "dckr_"),
    _issued("Hugging Face token", "hf_", "[A-Za-z0-9]{34,40}"),
    _issued("Anthropic key", "sk-ant-", f"{_CHAR}{{20,250}}"),
    _issued("OpenAI key", "sk-(?:proj|svcacct|admin|None)-", f"{_CHAR}{{20,250}}", "sk-"),
    _issued("OpenAI key", "sk-", "[A-Za-z0-9]{32,64}"),
    _issued("Groq key", "gsk_", "[A-Za-z0-9]{52}"),
    _issued("xAI key", "xai-", "[A-Za-z0-9]{70,90}"),
    _issued("NVIDIA key", "nvapi-", f"{_CHAR}{{60,70}}"),
    _issued("Replicate token", "r8_", "[A-Za-z0-9]{37}"),
    _issued("LangSmith key", "lsv2_(?:pt|sk)_", "[0-9a-f]{32}_[0-9a-f]{10}", "lsv2_"),
    _issued("Databricks token", "dapi", "[0-9a-f]{32}(?:-[0-9])?"),
    _issued("DigitalOcean token", "do[opr]_v1_", "[0-9a-f]{64}", "_v1_"),
    _issued("Vault token", r"hv[sbr]\.", f"{_CHAR}{{24,300}}", "hvs.", "hvb.", "hvr."),
    _issued(
        "Terraform Cloud token", r"[A-Za-z0-9]{14}\.atlasv1\.", f"{_CHAR}{{60,70}}", ".atlasv1."
    ),
    _issued("Pulumi token", "pul-", "[0-9a-f]{40}"),
    _issued("Doppler token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.", "[A-Za-z0-9]{40,60}", "dp."),
    _issued("Grafana token", "glsa_", "[A-Za-z0-9]{32}_[0-9a-fA-F]{8}"),
    _issued("Grafana token", "glc_", "[A-Za-z0-9+/]{32,400}={0,3}"),
    _issued("Sentry token", "sntry[su]_", "[A-Za-z0-9+/=_-]{40,400}", "sntry"),
    _issued("New Relic key", "NRAK-", "[A-Z0-9]{27}"),
    _issued("Shopify token", "shp(?:at|ca|pa|ss)_", "[0-9a-fA-F]{32}", "shp"),
    _issued("PlanetScale secret", "pscale_(?:tkn|pw|oauth)_", f"{_CHAR}{{32,64}}", "pscale_"),
    _issued("Atlassian token", "ATATT3", "[A-Za-z0-9_=-]{100,300}"),
    _issued("RubyGems key", "rubygems_", "[0-9a-f]{48}"),
    _issued("Tailscale key", "tskey-[a-z]{2,10}-", "[A-Za-z0-9-]{10,100}", "tskey-"),
    _issued("Telegram bot token", "[0-9]{8,10}:AA", f"{_CHAR}{{33}}", ":AA"),
    _issued("age secret key", "AGE-SECRET-KEY-1", "[0-9A-Z]{58}"),
)


def candidates(text: str) -> list[Credential]:
    """Every match, placeholders included, by place; they may overlap."""
    if len(text) < _SHORT and ":" not in text and "=" not in text:
        return []  # most values of variables
    if not _PROMISING.search(text):
        return []
    found = [credential for pattern in PATTERNS for credential in pattern.matches(text)]
    found.sort(key=lambda credential: (credential.start, -credential.end))
    return found


def find(text: str) -> tuple[Credential, ...]:
    """The credentials in any text by place, without overlaps; references and samples are none."""
    found = candidates(text)
    if not found:
        return ()
    kept: list[Credential] = []
    for credential in found:
        if kept and credential.start < kept[-1].end:
            continue
        value = text[credential.start : credential.end]
        if filler(value) or (credential.kind.startswith("password") and harmless(value)):
            continue
        kept.append(credential)
    return tuple(kept)
