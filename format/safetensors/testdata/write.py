"""Writes two safetensors files with nothing but struct and json, from the format's description. Run: python3 write.py"""
import json, math, struct

def write(path, metadata, tensors):  # tensors: name, dtype, shape, bytes
    header, body = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, dtype, shape, data in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    h = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    h += b" " * (-len(h) % 8)
    open(path, "wb").write(struct.pack("<Q", len(h)) + h + body)
    return header, body

def f32(values):
    return struct.pack("<%df" % len(values), *values)

write("floats.safetensors", {"a": "first", "note": 'quotes " and <tags> & ümlaut 語'}, [
    ("h.0.attn.c_attn.weight", "F32", [2, 3], f32([0.1 * math.sin(0.37 * i) for i in range(6)])),
    ("scalar", "F32", [], f32([-1.5])),
    ("empty", "F32", [0, 4], b""),
    ("bias", "F32", [3], f32([float("inf"), -0.0, 3.4e38])),
])

header, body = write("types.safetensors", None, [
    ("double", "F64", [2], struct.pack("<2d", math.pi, -1e300)),
    ("half", "F16", [7], struct.pack("<7e", 1.5, -2.0, 65504.0, 6.0e-8, 0.0, -float("inf"), 0.1)),
    ("brain", "BF16", [3], struct.pack("<3H", 0x3FC0, 0xC000, 0x7F80)),  # 1.5, -2, inf
    ("mask", "BOOL", [2, 2], b"\1\0\1\1"),
])
# The same with the entries of the header in another order than the numbers: legal, and seen in the wild.
h = json.dumps(dict(reversed(header.items()))).encode() + b"   "
open("types.safetensors", "wb").write(struct.pack("<Q", len(h)) + h + body)
