"""A Service in small: a connection goes to the next replica that takes it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

from control_plane import LOOPBACK, free_port


class Balancer:
    """Passes connections on to some ports, from a thread of its own."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.port = free_port()
        self._ports = ports
        self._next = itertools.count()
        self._loop = asyncio.new_event_loop()
        listening = asyncio.start_server(self._pass, LOOPBACK, self.port)
        self._server = self._loop.run_until_complete(listening)
        self._thread = Thread(target=self._loop.run_forever, name="balancer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # asyncio.streams would complain of it
            try:
                replica = await self._replica()
            except OSError:
                writer.transport.abort()
                return
            await asyncio.gather(_copy(reader, replica[1]), _copy(replica[0], writer))

    async def _replica(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        start = next(self._next)
        for n in range(len(self._ports)):
            try:
                port = self._ports[(start + n) % len(self._ports)]
                return await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                continue
        raise ConnectionRefusedError


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    except OSError:
        pass
    finally:
        target.close()
