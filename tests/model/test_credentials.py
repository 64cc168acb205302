"""What a secret looks like, and that none of it survives being shown."""

import base64
import re
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubeguard.model.credentials import (
    find,
    literal,
    mask,
    mask_all_values,
    secret_key,
    shown,
)
from kubeguard.model.credentials.patterns import PATTERNS, Pattern, candidates
from kubeguard.model.credentials.words import words

B64 = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def some(alphabet: str, size: int) -> str:
    """A token body that looks issued: every character of the alphabet in turn, scrambled."""
    return "".join(alphabet[(7 * i * i + 3 * i) % len(alphabet)] for i in range(size))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


BODY = "\n".join(some(B64, 64) for _ in range(4))
SAMPLES = [
    ("AWS access key id", "AKIA" + some("ABCDEFGHIJKLMNOP234567", 16)),
    ("Google API key", "AIza" + some(B64, 35)),
    ("Google OAuth client secret", "GOCSPX-" + some(B64, 28)),
    ("Azure client secret", "a1B" + "8Q~" + some(B64, 34)),
    ("GitHub token", "ghp_" + some(B64, 36)),
    ("GitHub token", "github_pat_" + some(B64, 22) + "_" + some(B64, 59)),
    ("GitLab token", "glpat-" + some(B64, 20)),
    ("Slack token", "xoxb-" + some(string.digits, 12) + "-" + some(B64, 24)),
    ("Slack webhook", "https://hooks.slack.com/services/T0ABCDEF/B0ABCDEF/" + some(B64, 24)),
    ("Stripe key", "sk_live_" + some(B64, 24)),
    ("Twilio key", "SK" + some(HEX, 32)),
    ("SendGrid key", "SG." + some(B64, 22) + "." + some(B64, 43)),
    ("npm token", "npm_" + some(B64, 36)),
    ("PyPI token", "pypi-AgEIcHlwaS5vcmc" + some(B64, 80)),
    ("Docker Hub token", "dckr_pat_" + some(B64, 27)),
    ("Hugging Face token", "hf_" + some(B64, 34)),
    ("OpenAI key", "sk-proj-" + some(B64, 48)),
    ("OpenAI key", "sk-" + some(B64, 48)),
    ("Anthropic key", "sk-ant-api03-" + some(B64, 80)),
    ("Databricks token", "dapi" + some(HEX, 32)),
    ("DigitalOcean token", "dop_v1_" + some(HEX, 64)),
    ("Vault token", "hvs." + some(B64, 24)),
    ("Telegram bot token", some("123456789", 9) + ":AA" + some(B64, 33)),
    ("age secret key", "AGE-SECRET-KEY-1" + some(string.ascii_uppercase, 58)),
    (
        "JSON Web Token",
        encoded('{"alg":"HS256"}').rstrip("=")
        + "."
        + encoded('{"sub":"1"}').rstrip("=")
        + "."
        + some(B64, 43),
    ),
    ("private key", f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----"),
]
FRAMED = [
    ("password in a URL", "postgres://shop:", "kakadu7", "@db:5432/shop"),
    ("password in a connection string", "Server=db;User=shop;Password=", "kakadu7", ";Encrypt=yes"),
    ("Azure storage key", "AccountName=shop;AccountKey=", some(B64, 86) + "==", ""),
    ("AWS secret access key", "aws_secret_access_key = ", some(B64, 40), ""),
    ("basic-auth header", "Authorization: Basic ", encoded("shop:kakadu"), ""),
    ("bearer token", "Authorization: Bearer ", some(B64, 32), ""),
    ("registry password", '{"auths":{"r.io":{"auth":"', encoded("shop:kakadu"), '"}}}'),
    ("private key", "client-key-data: ", encoded(f"-----BEGIN EC PRIVATE KEY-----\n{BODY}"), ""),
]


@pytest.mark.parametrize(("kind", "token"), SAMPLES, ids=[kind for kind, _ in SAMPLES])
@pytest.mark.parametrize("around", [("", ""), ("curl -H 'X: ", "' x"), ("x=", "\n"), ('["', '"]')])
def test_issued_tokens_are_found_where_they_are(
    kind: str, token: str, around: tuple[str, str]
) -> None:
    before, after = around
    found = find(f"{before}{token}{after}")

    assert [(c.kind, c.start, c.end) for c in found] == [
        (kind, len(before), len(before) + len(token))
    ]


@pytest.mark.parametrize(("kind", "before", "secret", "after"), FRAMED)
def test_framed_secrets_are_found_without_the_frame(
    kind: str, before: str, secret: str, after: str
) -> None:
    (found,) = find(before + secret + after)

    assert (found.kind, found.start, found.end) == (kind, len(before), len(before) + len(secret))


def tokens(pattern: Pattern) -> st.SearchStrategy[str]:
    """Texts that the pattern's expression accepts, in its own alphabet."""
    letters = st.characters(codec="ascii")
    return st.from_regex(pattern.expression.pattern, fullmatch=True, alphabet=letters)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda p: f"{p.kind}-{p.hints[0]}")
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_generated_secret_survives_masking(pattern: Pattern, data: st.DataObject) -> None:
    text = data.draw(tokens(pattern))
    for line in (text, f"  run: {text}", f'"x": "{text}",'):
        for found in pattern.matches(line):
            secret = line[found.start : found.end]
            if len(secret) > 4:
                assert mask(line).count(secret) < line.count(secret)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda p: f"{p.kind}-{p.hints[0]}")
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_text_is_passed_over_that_a_pattern_matches(
    pattern: Pattern, data: st.DataObject
) -> None:
    text = data.draw(tokens(pattern))
    assert {*pattern.matches(text)} <= {*candidates(text)}


@pytest.mark.parametrize("text", ["://:p@", "a?pwd=p", "curl -uu:p", "mysql -pxyz"])
def test_the_shortest_there_are(text: str) -> None:
    assert candidates(text)


@pytest.mark.parametrize(
    "text",
    [
        "image: nginx@sha256:" + some(HEX, 64),
        "commit: " + some(HEX, 40),
        "AKIAIOSFODNN7EXAMPLE",
        "https://user@example.org/path:8080/@x",
        "postgres://shop:$(DB_PASSWORD)@db/shop",
        "postgres://shop:<password>@db/shop",
        "http[s]://[user:password@]proxy:3128",
        "grep -q -- '-----BEGIN PRIVATE KEY-----' key.pem",
        f"-----BEGIN CERTIFICATE-----\n{BODY}\n-----END CERTIFICATE-----",
        "Authorization: Bearer $TOKEN",
        "useradd --password '*' shop",
        "task-" + some(B64, 40),
        "",
    ],
)
def test_what_is_no_credential(text: str) -> None:
    assert find(text) == ()


SECRET_KEYS = words(
    """
    password DB_PASSWORD dbPassword mysql-root-password PGPASSWORD MYSQL_PWD DB_PASS passphrase
    spring.datasource.password requirepass API_KEY apiKey X-Api-Key AWS_SECRET_ACCESS_KEY
    clientSecret JWT_SECRET SECRET_KEY_BASE GITHUB_TOKEN accessToken private_key credentials
    BASIC_AUTH Authorization SECRET_BLAH DJANGO_SECRET_KEY bearerToken
    """
)
OTHER_KEYS = words(
    """
    DB_PASSWORD_FILE passwordPath secretName SECRET_NAME existingSecret imagePullSecret
    imagePullSecrets secretKeyRef TOKEN_URL token_endpoint TOKEN_TTL ACCESS_TOKEN_EXPIRE_MINUTES
    MAX_TOKENS maxTokens TOKENIZERS_PARALLELISM PUBLIC_KEY JWT_PUBLIC_KEY STRIPE_PUBLISHABLE_KEY
    password_validation.py passwords.txt PASSWORD_MIN_LENGTH passwordKey KEYCLOAK_REALM monkey
    passthrough compass bypass proxy_pass AUTH_METHOD POSTGRES_HOST_AUTH_METHOD SSH_AUTH_SOCK
    sessionAffinity author keyboard primaryKey name value key image
    GPG_KEY password-stdin disabled-password no-password
    """
)


@pytest.mark.parametrize("key", sorted(SECRET_KEYS))
def test_names_that_promise_a_secret(key: str) -> None:
    assert secret_key(key)


@pytest.mark.parametrize("key", sorted(OTHER_KEYS))
def test_names_that_only_sound_like_it(key: str) -> None:
    assert not secret_key(key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PASSWORD", "changeme"),
        ("PASSWORD", "password"),
        ("PASSWORD", "123456"),
        ("PASSWORD", "p@ss w0rd".replace(" ", "")),
        ("JWT_SECRET", "my-super-secret"),
        ("SECRET_BLAH", "secretsquirrels"),
        ("API_KEY", "abc123"),
        ("TOKEN", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("ENCRYPTION_KEY", some(HEX, 64)),
        ("APP_KEY", "base64:" + some(B64, 43) + "="),
        ("BASIC_AUTH", "admin:Kakadu7Kakadu8"),
        ("ANYTHING", "ghp_" + some(B64, 36)),
    ],
)
def test_literal_secrets(key: str, value: str) -> None:
    found = literal(key, value)

    assert found
    assert value[found.start : found.end] == value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PASSWORD", ""),
        ("PASSWORD", "  "),
        ("PASSWORD", "true"),
        ("PASSWORD", "${DB_PASSWORD}"),
        ("PASSWORD", "$(DB_PASSWORD)"),
        ("PASSWORD", "{{ .Values.password }}"),
        ("PASSWORD", "$1"),
        ("PASSWORD", "$A$B"),
        ("PASSWORD", "`cat"),
        ("PASSWORD", "vault:secret/data/db#password"),
        ("PASSWORD", "ref+awsssm://db/password"),
        ("PASSWORD", "/run/secrets/db"),
        ("PASSWORD", "<your password>"),
        ("PASSWORD", "xxxxxxxx"),
        ("PASSWORD", "********"),
        ("PASSWORD", "REPLACE_ME"),
        ("PASSWORD", "replace-me"),
        ("PASSWORD", "CHANGE_ME"),
        ("PASSWORD", "$2b$12$abcdefghijklmnopqrstuv"),
        ("PASSWORD", "Please enter your password"),
        ("API_KEY", "EMPTY"),
        ("API_KEY", "not-needed"),
        ("API_KEY", "API_KEY_HERE"),
        ("TOKEN", "1h"),
        ("TOKEN", "4096"),
        ("TLS_SECRET", "shop-tls"),
        ("SECRET", "shop-db"),
        ("AUTH", "basic"),
        ("SSH_KEY", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI shop"),
        ("GIT_SHA", some(HEX, 40)),
    ],
)
def test_values_that_are_no_secret(key: str, value: str) -> None:
    assert literal(key, value) is None


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("  value: hunter2", "  value: ****"),
        ('  value: "hunter2"', '  value: "****"'),
        ("password: correct horse", "password: ****"),
        ("- --password=hunter2", "- --password=****"),
        ('args: ["--password", "hunter2", "-v"]', 'args: ["--password", "*******", "-v"]'),
        ('args: ["--token=a b", "-v"]', 'args: ["--token=***", "-v"]'),
        ('{"password":"a\\"b","port":80}', '{"password":"****","port":80}'),
        (
            '"{\\"password\\":\\"hunter2\\",\\"n\\":1}"',
            '"{\\"password\\":\\"*******\\",\\"n\\":1}"',
        ),
        ("ENV PASSWORD hunter2", "ENV PASSWORD ****"),
        ("requirepass hunter2", "requirepass ****"),
        ("URL=postgres://u:hunter2@h/db", "URL=postgres://u:*******@h/db"),
        ("docker login -u bob -p hunter2 r.io", "docker login -u bob -p ******* r.io"),
        ("  " + some(B64, 64), "  ****".replace("****", some(B64, 4) + "****")),
        ("token: ghp_" + some(B64, 36), "token: ghp_****"),
        ("<a>web</a><password>kakadu7</password>", "<a>web</a><password>*******</password>"),
    ],
)
def test_masked_lines(line: str, masked: str) -> None:
    assert mask(line) == masked


def test_what_follows_a_masked_value_keeps_its_column() -> None:
    line = f'{{env: [{{name: TOKEN, value: "ghp_{some(B64, 36)}"}}], privileged: true}}'
    assert mask(line).index("privileged") == line.index("privileged")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "automountServiceAccountToken: false",
        "automountServiceAccountToken: true  # needed",
        "secretName: shop-tls",
        "secretKeyRef: {name: db, key: password}",
        "- name: DB_PASSWORD",
        "password: $(DB_PASSWORD)",
        "password: |",
        'apiGroups: ["rbac.authorization.k8s.io"]',
        'resources: ["secrets", "pods/exec"]',
        "image: nginx@sha256:" + some(HEX, 64),
        "runAsNonRoot: true",
    ],
)
def test_lines_with_nothing_to_hide_are_shown_as_they_are(line: str) -> None:
    assert mask(line) == line


@pytest.mark.parametrize(
    ("above", "line", "masked"),
    [
        ("- --token", "- hunter2", "- ****"),
        ('  "--token",', '  "hunter2"', "  ****"),
        ("password: |", "  hunter2", "  ****"),
        (some(B64, 64), "hunter2==", "****"),
        ("- --token", "- --verbose", "- --verbose"),
        ("- token", "- name", "- name"),
        ("- --token", "  image: nginx", "  image: nginx"),
        ("password: |", "  correct horse", "  ****"),
        ("value: >-", "  kakadu7", "  ****"),
    ],
)
def test_a_line_that_continues_a_secret_is_masked(above: str, line: str, masked: str) -> None:
    assert mask(line, above) == masked


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("data:", "data:"),
        ("  password: aHVudGVyMg==", "  password: ****"),
        ('  "password": "hunter2"', '  "password": ****'),
        ("  key: |", "  key: |"),
        ("    hunter2 is my password", "    ****"),
        ("- hunter2", "- ****"),
        ('{"kind":"Secret","data":{"a":"aHVudGVyMg=="}}', '{"kind":****'),
        ("stringData: {a: hunter2}", "stringData: ****"),
        ("  https://user:hunter2@host", "  ****"),
        ("---", "---"),
        ("", ""),
    ],
)
def test_every_value_of_a_secret_object_is_masked(line: str, masked: str) -> None:
    assert mask_all_values(line) == masked


def test_at_most_four_characters_are_told_and_none_of_a_short_secret() -> None:
    assert shown("ghp_" + some(B64, 36)) == "ghp_****"
    assert shown("hunter2") == "****"


@given(st.text(), st.text())
def test_any_text_can_be_judged_and_masked(line: str, other: str) -> None:
    for found in find(line):
        assert 0 <= found.start < found.end <= len(line)
    literal(line, other)
    mask(line, other)
    mask_all_values(line)


MEGABYTE = 1_000_000
HOSTILE = [
    *(
        "a",
        "-",
        " ",
        '"',
        "'",
        "\\",
        "/",
        "=",
        ":",
        "${",
        "eyJ",
        "sk-",
        "ghp_",
        "Q~",
        "gl",
        "A" * 39,
    ),
    *(
        "eyJaaaaaaaa.",
        "://a:",
        "a://a:b",
        "://a:b@",
        "password=",
        "password: ",
        "password",
        "value:",
    ),
    *('value:"', 'auth"', "Basic ", "AKIA", "?password=", "LS0tLS1CRUdJTi", '"password":true,'),
    *(
        "--token,",
        "key ",
        '\\"password\\":\\"',
        "-----BEGIN PRIVATE KEY-----",
        "A" * 39 + " ",
        "_A",
    ),
]


@pytest.mark.parametrize("piece", HOSTILE, ids=lambda piece: re.sub(r"\W", "_", piece)[:20])
def test_a_megabyte_of_anything_does_not_hang(piece: str) -> None:
    text = piece * (MEGABYTE // len(piece))
    for work in (find, mask, mask_all_values, lambda t: literal("password", t), secret_key):
        start = time.process_time()
        work(text)
        assert time.process_time() - start < 10
