"""A small TCP proxy in this process: passes everything on to a port, and may be slow, cut connections, or be gone."""

import asyncio
import socket
import threading

from .instance import free_port


class Proxy:
    def __init__(self, target):
        self.target, self.port = target, free_port()
        self.pause = 0.0
        self.writers = set()
        self.server = None
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def start(self):
        self._run(self._listen())
        return self

    def slow(self, seconds):
        """From now on each piece of data comes so much later, both ways."""
        self.pause = seconds

    def cut(self):
        """Breaks every connection in the middle; new ones are taken."""
        self._run(self._cut())

    def down(self):
        """Nobody listens any more, and every connection breaks."""
        self._run(self._close())

    def stop(self):
        self.down()
        self.loop.call_soon_threadsafe(self.loop.stop)

    def _run(self, task):
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(10)

    async def _listen(self):
        self.server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def _close(self):
        if self.server:
            self.server.close()
            self.server = None
        await self._cut()

    async def _cut(self):
        for writer in list(self.writers):
            writer.transport.abort()
        self.writers.clear()

    async def _connected(self, reader, writer):
        self.writers.add(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            self.writers.discard(writer)
            return
        self.writers.add(back)
        for one in (writer, back):
            one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
        self.writers -= {writer, back}

    async def _pass_on(self, reader, writer):
        try:
            while data := await reader.read(65536):
                if self.pause:
                    await asyncio.sleep(self.pause)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            # The other side is told, as the end of a connection is.
            writer.close()
