"""The browser's rules, made from the register: rule 7 (docs/rules.md), in one place."""

from samrum.home.flows.register import Register, addresses


def headers(register: Register, known: dict[str, str], *, tls: bool) -> dict[str, str]:
    """The security headers of every answer; `known` are the addresses of home's configuration."""
    reachable = [
        one for flow in register.flow if flow.source == "browser" and flow.default for one in addresses(flow, known)
    ]
    connect = " ".join(["'self'", *sorted(set(reachable) - {known["home"]})])
    policy = {
        "default-src": "'none'",
        "script-src": "'self' 'wasm-unsafe-eval'",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "connect-src": connect,
        "img-src": "'self' blob:",
        "media-src": "'self' blob:",
        "style-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "samrum",
    }
    made = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(self), microphone=(self), display-capture=(self), "
        "geolocation=(), usb=(), serial=(), hid=(), payment=()",
    }
    if tls:
        made["strict-transport-security"] = "max-age=31536000"
    return made
