"""What a browser may do with our pages: the headers that keep other people's code out of them."""

import base64
import hashlib
import re

_INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


def page_headers(html: str = "") -> dict[str, str]:
    """Return the headers for a page; of inline scripts, only those written in it run."""
    digests = (hashlib.sha256(text.encode()).digest() for text in _INLINE.findall(html))
    inline = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return {
        "content-security-policy": "; ".join(
            (
                "default-src 'self'",
                f"script-src 'self'{inline}",
                # charts and form controls place themselves by style attributes
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:",
                "font-src 'self' data:",
                "connect-src 'self'",
                "worker-src 'self' blob:",
                "object-src 'none'",
                "base-uri 'self'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        ),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
