"""Writes one.npy, two.npy and three.npy for TestWrite.

Run: python3 golden.py   (made with NumPy 1.24)
"""
import numpy as np

x = np.array([0, 1.5, -2, 3e30, 4, 5], dtype="<f4")
for name, shape in [("one", (6,)), ("two", (2, 3)), ("three", (3, 1, 2))]:
    np.save(name + ".npy", x.reshape(shape))
