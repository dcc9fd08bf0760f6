#!/usr/bin/env python3
"""A client of memscoped that was written from memscope-protocol(7) and shares no code with it.

Connects, follows some ticks, and prints what it then holds of every process, a row each, by PID.
Fields are separated by tabs; what is unknown is "-"; of a text every byte that is not printable
ASCII, and the backslash, is \\xNN.
"""

import argparse
import socket
import struct
import sys

MAGIC = 0x4350534D
HELLO, REFUSED, TICK = 1, 2, 3
FRAME_MAX = 67108864
SLOTS_MAX = 4194304
STRING_MAX = 4096

KINDS, SYSTEM, PROCESSES = 1, 2, 3
REPEAT, UPDATE, UNSET, BORN = 0, 1, 2, 3

PROCESS_FIELDS = (
    "anon_kb cpu_permille minflt_rate read_rate write_rate file_kb state hwm_kb pss_kb"
    " pss_rss_kb uss_kb pss_time_ms pss_source shmem_kb majflt_rate swap_kb threads tags"
    " baseline_kb zombies blocked_s name cmdline unit uid ppid pid start_time first_seen_ms"
    " flags"
).split()
PID = PROCESS_FIELDS.index("pid")
START_TIME = PROCESS_FIELDS.index("start_time")


class ProtocolError(Exception):
    pass


class Misfit(Exception):
    """A diff that builds on a tick that is not held."""


class Reader:
    """Bytes, read from the front."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def __bool__(self):
        return self.at < len(self.data)

    def take(self, count):
        if count > len(self.data) - self.at:
            raise ProtocolError("bytes are missing")
        self.at += count
        return self.data[self.at - count : self.at]

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> 64:
                    break
                return value
        raise ProtocolError("a varint of more than 64 bits")

    def zigzag(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)


def bits(mask):
    return [n for n in range(mask.bit_length()) if mask >> n & 1]


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_message(fields):
    out = b""
    for number, value in fields.items():
        if isinstance(value, bytes):
            out += varint(number << 1 | 1) + varint(len(value)) + value
        else:
            out += varint(number << 1) + varint(value)
    return out


def decode_message(body):
    fields = {}
    reader = Reader(body)
    while reader:
        key = reader.varint()
        fields[key >> 1] = reader.take(reader.varint()) if key & 1 else reader.varint()
    return fields


def read_values(reader, fields, strings, texts, base):
    """The values of `fields`, on top of a record that is changed."""
    for field in fields:
        if not strings >> field & 1:
            base[field] = (base.get(field, 0) + reader.zigzag()) % 2**64
            continue
        head = reader.varint()
        if head & 1:
            if head >> 1 > STRING_MAX:
                raise ProtocolError("a string that is too long")
            texts.append(reader.take(head >> 1))
            base[field] = texts[-1]
        elif head >> 1 < len(texts):
            base[field] = texts[head >> 1]
        else:
            raise ProtocolError("a string that was not given")


class Replica:
    """What is held: fields by number, of the system and of the process in each slot."""

    def __init__(self):
        self.tick = 0
        self.system = {}
        self.processes = {}
        self.strings = (0, 0)

    def apply(self, body):
        reader = Reader(body)
        tick, distance = reader.varint(), reader.varint()
        if tick == 0 or distance >= tick:
            raise ProtocolError("an impossible tick")
        if distance and tick - distance != self.tick:
            raise Misfit
        # On copies: a tick that turns out to be malformed leaves no trace.
        if distance:
            system = dict(self.system)
            processes = {slot: dict(fields) for slot, fields in self.processes.items()}
            strings = self.strings
        else:
            system, processes, strings = {}, {}, None
        while reader:
            kind = reader.varint()
            section = Reader(reader.take(reader.varint()))
            if kind == KINDS:
                if distance:
                    raise ProtocolError("KINDS in a diff")
                strings = (section.varint(), section.varint())
            elif strings is None:
                raise ProtocolError("a keyframe that does not begin with KINDS")
            elif kind == SYSTEM:
                self.apply_system(section, strings[1], system)
            elif kind == PROCESSES:
                self.apply_processes(section, strings[0], processes)
        self.tick, self.system, self.processes, self.strings = tick, system, processes, strings

    @staticmethod
    def apply_system(section, strings, system):
        changed, unset = section.varint(), section.varint()
        for field in bits(unset):
            system.pop(field, None)
        read_values(section, bits(changed), strings, [], system)

    @staticmethod
    def apply_processes(section, strings, processes):
        slot, changed, born, texts = -1, 0, {}, []
        while section:
            head = section.varint()
            slot += 1 + (head >> 2)
            if slot >= SLOTS_MAX:
                raise ProtocolError("an impossible slot")
            if head & 3 == BORN:
                fields = section.varint()
                if not fields:
                    if processes.pop(slot, None) is None:
                        raise ProtocolError("a death in an empty slot")
                    continue
                process = dict(born)
            else:
                if slot not in processes:
                    raise ProtocolError("a change in an empty slot")
                process = processes[slot]
                if head & 3 != REPEAT:
                    changed = section.varint()
                elif not changed:
                    raise ProtocolError("a REPEAT of nothing")
                fields = changed
            if head & 3 in (UNSET, BORN):
                for field in bits(section.varint()):
                    process.pop(field, None)
            read_values(section, bits(fields), strings, texts, process)
            if PID not in process or START_TIME not in process:
                raise ProtocolError("a process without identity")
            processes[slot] = process
            if head & 3 == BORN:
                born = dict(process)


class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.file = sock.makefile("rb")

    def send(self, kind, fields):
        body = encode_message(fields)
        self.sock.sendall(struct.pack("<IB", len(body) + 1, kind) + body)

    def receive(self):
        """The next frame's type and body, or None at the end."""
        header = self.file.read(5)
        if len(header) < 5:
            return None
        length, kind = struct.unpack("<IB", header)
        if not 1 <= length <= FRAME_MAX:
            raise ProtocolError("an impossible length")
        body = self.file.read(length - 1)
        if len(body) < length - 1:
            return None
        return kind, body


def follow(connection, ticks):
    """Greets and applies `ticks` ticks, or all until the daemon closes where that is 0."""
    replica = Replica()
    applied = 0
    connection.send(HELLO, {1: MAGIC, 2: 1, 3: 1, 5: b"wire_client.py"})
    while not ticks or applied < ticks:
        frame = connection.receive()
        if frame is None:
            if ticks:
                raise ProtocolError("the daemon closed the connection")
            break
        kind, body = frame
        if kind == HELLO:
            if decode_message(body).get(1) != MAGIC:
                raise ProtocolError("what answers is not memscoped")
        elif kind == REFUSED:
            raise ProtocolError("refused: " + printable(decode_message(body).get(2, b"")))
        elif kind == TICK:
            try:
                replica.apply(body)
                applied += 1
            except Misfit:
                connection.send(4, {})
    return replica


def printable(text):
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else "\\x%02x" % byte for byte in text
    )


def value_of(process, name):
    if name == "rss_kb":
        parts = [process.get(PROCESS_FIELDS.index(part)) for part in ("anon_kb", "file_kb")]
        if None in parts:
            return None
        return sum(parts) + process.get(PROCESS_FIELDS.index("shmem_kb"), 0)
    return process.get(PROCESS_FIELDS.index(name))


def row(process, names):
    cells = []
    for name in names:
        value = value_of(process, name)
        if value is None:
            cells.append("-")
        elif isinstance(value, bytes):
            cells.append(printable(value))
        elif name == "state":
            cells.append(printable(bytes([value & 0xFF])))
        else:
            cells.append(str(value))
    return "\t".join(cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket", help="path, or the number of a connected descriptor")
    parser.add_argument(
        "--ticks", type=int, default=1, help="how many to follow; 0: until the daemon closes"
    )
    parser.add_argument(
        "--fields", default="pid,name,rss_kb", help="names as in memscope-protocol(7), and rss_kb"
    )
    parser.add_argument("--no-header", action="store_true")
    options = parser.parse_args()
    names = options.fields.split(",")
    for name in names:
        if name != "rss_kb" and name not in PROCESS_FIELDS:
            parser.error("no such field: " + name)
    if options.socket.isdigit():
        sock = socket.socket(fileno=int(options.socket))
    else:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.connect(options.socket)
    with sock:
        replica = follow(Connection(sock), options.ticks)
    if not options.no_header:
        print("\t".join(names))
    for process in sorted(replica.processes.values(), key=lambda p: (p[PID], p[START_TIME])):
        print(row(process, names))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ProtocolError) as error:
        print("wire_client.py:", error, file=sys.stderr)
        sys.exit(1)
