"""What Schemathesis does otherwise than by itself: see schemathesis.toml."""

import schemathesis


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Only the first media type of each body: the second is read by the same code, and would double the requests."""
    for item in raw_schema["paths"].values():
        for operation in item.values():
            content = operation.get("requestBody", {}).get("content", {})
            for media in list(content)[1:]:
                del content[media]
