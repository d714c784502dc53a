"""A connection that breaks the JSON of what a library sends; the libraries themselves never would."""

import httpx2

NO_JSON = b'{"model": "gpt-4o-mini", '


def _broken(request):
    headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"content-length"]
    return httpx2.Request(request.method, request.url, headers=headers, content=NO_JSON)


class Transport(httpx2.HTTPTransport):
    def handle_request(self, request):
        return super().handle_request(_broken(request))


class AsyncTransport(httpx2.AsyncHTTPTransport):
    async def handle_async_request(self, request):
        return await super().handle_async_request(_broken(request))
