#!/usr/bin/env python3
"""Makes fashion-mnist/ next to this file: the first 120 training and 80 test images of each class of Fashion-MNIST.

usage: subset.py [FOLDER]    FOLDER holds the four files of the data set (default: that of Debian's dataset-fashion-mnist)
"""
import gzip
import pathlib
import struct
import sys

source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist")
target = pathlib.Path(__file__).parent / "fashion-mnist"
SIZE = 28 * 28


def write(name, content):
    with open(target / f"{name}.gz", "wb") as file:
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as zipped:
            zipped.write(content)


for part, of_each in [("train", 120), ("t10k", 80)]:
    images = gzip.open(source / f"{part}-images-idx3-ubyte.gz").read()[16:]
    labels = gzip.open(source / f"{part}-labels-idx1-ubyte.gz").read()[8:]
    taken, chosen = [0] * 10, []
    for index, label in enumerate(labels):
        if taken[label] < of_each:
            taken[label] += 1
            chosen.append(index)
    pixels = b"".join(images[SIZE * i:SIZE * (i + 1)] for i in chosen)
    write(f"{part}-images-idx3-ubyte", struct.pack(">IIII", 0x803, len(chosen), 28, 28) + pixels)
    write(f"{part}-labels-idx1-ubyte", struct.pack(">II", 0x801, len(chosen)) + bytes(labels[i] for i in chosen))
