//! Which parts of a URL are secret: the password before the host, tokens in the query, tokens in the path. The rest
//! is what a reader needs.
//!
//! Deliberately absent: whether the host is known, apart from those whose paths are the credential.

use std::sync::LazyLock;

use regex::Regex;

use super::secrets::pattern;

/// A URL up to white space or a quote.
static URL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://(?P<rest>[^\s"'`<>]*)"#));

/// Names of parameters whose values are secret.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:key|token|signature|secret|passw(?:or)?d|passphrase|credentials?|(?:^|[_.\-])(?:sig|pwd|auth|code|session|sid|jwt|hmac|assertion))$",
    )
});

/// Hosts that know a sender by the path alone, up to what is secret of it.
const WEBHOOKS: [&str; 7] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "api.telegram.org/bot",
    "webhook.office.com/",
];

/// Runs of letters and digits in a URL are looked at from this length on.
const OPAQUE: usize = 20;

/// Parts of a line, in bytes.
pub(super) type Ranges = Vec<(usize, usize)>;

/// The ranges of a line that hold URLs, and those in them that are secret.
pub(super) fn urls(line: &str) -> (Ranges, Ranges) {
    let (mut all, mut hidden) = (Vec::new(), Vec::new());
    if !line.contains("://") {
        return (all, hidden);
    }
    for found in URL.captures_iter(line) {
        if let (Some(whole), Some(rest)) = (found.get(0), found.name("rest")) {
            all.push((whole.start(), whole.end()));
            let http = found.name("scheme").is_some_and(|scheme| scheme.as_str().starts_with("http"));
            secrets(rest.as_str(), rest.start(), http, &mut hidden);
        }
    }
    (all, hidden)
}

fn secrets(rest: &str, start: usize, http: bool, hidden: &mut Ranges) {
    let mut hide = |from: usize, to: usize| hidden.push((start + from, start + to));
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let at = rest.get(..authority).and_then(|authority| authority.rfind('@'));
    let host = at.map_or(0, |at| at + 1);
    let mut path = authority;
    if let Some(at) = at {
        user_information(rest.get(..at).unwrap_or_default(), http, &mut hide);
    } else if let Some(colon) = rest.get(..authority).and_then(|authority| authority.rfind(':'))
        && !rest.get(colon + 1..authority).is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
        && let Some(at) = rest.rfind('@')
    {
        // A password with a slash in it.
        hide(colon + 1, at);
        path = at;
    }
    let query = rest.find('?').unwrap_or(rest.len()).max(path);
    let named = rest.get(host..query).unwrap_or_default();
    if let Some((found, length)) =
        WEBHOOKS.iter().find_map(|hook| named.find(hook).map(|found| (found, hook.len())))
    {
        hide(host + found + length, query);
        path = query;
    }
    let mut begin = path;
    for segment in rest.get(path..query).unwrap_or_default().split('/') {
        // A digest of an image names what everyone may read.
        if has_opaque(segment) && !segment.contains("sha256:") {
            hide(begin, begin + segment.len());
        }
        begin += segment.len() + 1;
    }
    let mut begin = query;
    for parameter in rest.get(query..).unwrap_or_default().split(['?', '&', '#', ';']) {
        if let Some((name, value)) = parameter.split_once('=')
            && !is_placeholder(value)
            && (PARAMETER.is_match(name) || has_opaque(value))
        {
            hide(begin + name.len() + 1, begin + parameter.len());
        } else if !parameter.contains('=') && has_opaque(parameter) {
            hide(begin, begin + parameter.len());
        }
        begin += parameter.len() + 1;
    }
}

fn user_information(user: &str, http: bool, hide: &mut impl FnMut(usize, usize)) {
    match user.split_once(':') {
        Some((name, password)) => {
            if !is_placeholder(password) {
                hide(name.len() + 1, user.len());
            }
            // `https://TOKEN:x-oauth-basic@…`
            if has_opaque(name) {
                hide(0, name.len());
            }
        }
        None if http && is_token(user) && !is_placeholder(user) || has_opaque(user) => hide(0, user.len()),
        None => {}
    }
}

/// Whether who needs no password to be let in is a token, not only a name (`https://team@git.example`).
fn is_token(user: &str) -> bool {
    const PREFIXES: [&str; 6] = ["ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "oauth2"];
    let digits = user.bytes().any(|byte| byte.is_ascii_digit());
    PREFIXES.iter().any(|prefix| user.starts_with(prefix)) || user.len() >= if digits { 12 } else { 20 }
}

/// What stands for a value that is given elsewhere.
fn is_placeholder(text: &str) -> bool {
    [("$(", ")"), ("${", "}"), ("{{", "}}")].iter().any(|(open, close)| {
        let inner = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inner.is_some_and(|inner| !inner.contains(close))
    })
}

fn has_opaque(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_opaque)
}

/// Letters and digits without sense: their kinds change every few characters, or they are hexadecimal.
fn is_opaque(run: &str) -> bool {
    if run.len() < OPAQUE {
        return false;
    }
    let hexadecimal = run.len() >= 32 && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal || !is_wordy(run)
}

/// Whether a run of letters and digits reads as words: few changes of kind for its length, where a capital letter
/// belongs to the small ones behind it. Words in one run have both; without, a digit here and there is enough to tell.
pub(super) fn is_wordy(run: &str) -> bool {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    };
    let bytes = run.as_bytes();
    let changes = bytes.windows(2).filter(|pair| match pair {
        [one, other] => kind(*one) != kind(*other) && !(kind(*one) == 1 && kind(*other) == 2),
        _ => false,
    });
    let pieces = changes.count() + 1;
    let has = |wanted: u8| bytes.iter().any(|byte| kind(*byte) == wanted);
    if has(1) && has(2) { bytes.len() >= 3 * pieces } else { 2 * bytes.len() >= 9 * pieces }
}

#[cfg(test)]
mod tests {
    use super::super::secrets::mask_line;

    #[test]
    fn a_url_without_credentials_stays_readable() {
        let lines = [
            "  repoURL: https://github.com/prometheuscommunity/kubernetesmonitoring/releases/download/archives",
            "  url: https://raw.githubusercontent.com/DataDog/datadog-operator/main/config/crd/bases/v1/datadoghq.yaml",
            "  # https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#CustomResourceDefinitionSpecV1",
            "  issuer: https://oidc.eks.eu-west-1.amazonaws.com/id/oauth2/token",
            "  tokenUrl: https://login.example.com/oauth/v2/access/token/exchange/with/a/long/path",
            "  endpoint: http://vault.credentials:8200/v1/kubernetesnamespaces/authentication/something",
            "  hook: http://token:8080/longpathwithoutanycredentialsinitatall/andmorewords",
            "  repo: ssh://git@github.com/organization/repositorywithaverylongnameindeed.git",
            "  repo: https://git@github.com/organization/repository.git",
            "  repo: https://bitbucketteam@bitbucket.org/bitbucketteam/charts.git",
            "  file: https://example.com/releases/release20241105build17/kubernetesv1beta1deployments",
            "  dsn: postgres://app:$(DB_PASSWORD)@database.default.svc.cluster.local:5432/app",
            "  q: https://example.com/search?q=kubernetes&page=2&sort=descending&keyword=x",
            "  image: registry/kubernetes/sigs/operators/something/datadogagents/manager",
            "  image: docker.io/datadog/agent@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ];
        for line in lines {
            assert_eq!(mask_line(line, false), line);
        }
    }

    #[test]
    fn passwords_and_tokens_in_urls_are_hidden() {
        let cases = [
            ("u: https://bob:hunter2@example.com/x", "u: https://bob:*******@example.com/x"),
            ("u: https://bob:a@b@example.com", "u: https://bob:***@example.com"),
            ("u: postgres://bob:a/b@db:5432/x", "u: postgres://bob:***@db:5432/x"),
            ("u: https://ghp_abc@github.com/a/b", "u: https://*******@github.com/a/b"),
            (
                "u: https://mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpi2@e.com/x",
                "u: https://*******************************************@e.com/x",
            ),
            (
                "u: https://e.com/mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpi2/x",
                "u: https://e.com/*******************************************/x",
            ),
            ("u: https://e.com/a?x=1&sig=abc&y=2", "u: https://e.com/a?x=1&sig=***&y=2"),
            ("u: https://e.com/a#access_token=abc", "u: https://e.com/a#access_token=***"),
            ("u: https://e.com/in/aB3dE5gH7jK9mN1pQ3sT/x", "u: https://e.com/in/********************/x"),
            (
                "u: https://e.com/v1/input/0123456789abcdef0123456789abcdef",
                "u: https://e.com/v1/input/********************************",
            ),
            (
                "u: https://hooks.slack.com/services/T0/B0/abc",
                "u: https://hooks.slack.com/services/*********",
            ),
            ("curl -u x \"https://a:b@c\" https://d:e@f", "curl -u x \"https://a:*@c\" https://d:*@f"),
        ];
        for (line, masked) in cases {
            assert_eq!(mask_line(line, false), masked);
        }
    }
}
