from __future__ import annotations

import asyncio
import socket

from classifier.web.server import _listen


def test_an_answer_does_not_wait_until_its_head_is_acknowledged():
    async def option():
        found = asyncio.get_running_loop().create_future()

        def came(_, writer):
            one = writer.get_extra_info("socket")
            found.set_result(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with _listen("127.0.0.1", 0) as listening:
            server = await asyncio.start_server(came, sock=listening)
            _, writer = await asyncio.open_connection(*listening.getsockname())
            try:
                return await found
            finally:
                writer.close()
                await writer.wait_closed()
                server.close()
                await server.wait_closed()

    assert asyncio.run(option())
