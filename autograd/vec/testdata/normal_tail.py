"""Prints the coefficients of ../portable_erf.go: P of degree 7 with the smallest relative error of

    Phi(-a) = exp(-a*a/2) * t * P(1-t),  t = 1/(1 + 0.3*a),  0 <= a <= 8

by Remez's exchange algorithm. Needs mpmath."""
from math import comb
from mpmath import cos, erfc, exp, lu_solve, matrix, mp, mpf, nstr, pi, sqrt

mp.dps = 40
SCALE, END, DEGREE = mpf("0.3"), mpf(8), 7


def wanted(t):
    a = (1 / t - 1) / SCALE
    return erfc(a / sqrt(2)) / 2 * exp(a * a / 2) / t


low, high, n = 1 / (1 + SCALE * END), mpf(1), DEGREE + 2
grid = [(low + high) / 2 - (high - low) / 2 * cos(pi * k / 600) for k in range(601)]
points = sorted((low + high) / 2 + (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * n)) for i in range(n))
for _ in range(12):
    A = matrix(n, n)
    for i, t in enumerate(points):
        for j in range(n - 1):
            A[i, j] = t**j / wanted(t)
        A[i, n - 1] = (-1) ** i
    c = lu_solve(A, matrix([1] * n))
    error = [sum(c[j] * t**j for j in range(n - 1)) / wanted(t) - 1 for t in grid]
    peaks = []  # the largest error of each sign, in order
    for k, e in enumerate(error):
        if not peaks or (e > 0) != (error[peaks[-1]] > 0):
            peaks.append(k)
        elif abs(e) > abs(error[peaks[-1]]):
            peaks[-1] = k
    while len(peaks) > n:
        peaks.pop(0 if abs(error[peaks[0]]) < abs(error[peaks[-1]]) else -1)
    if len(peaks) < n:
        break
    points = [grid[k] for k in peaks]
print("largest relative error", nstr(max(map(abs, error)), 3))
for k in range(DEGREE + 1):  # powers of 1-t
    print(f"tail{k} =", nstr(sum(c[j] * comb(j, k) * (-1) ** k for j in range(k, n - 1)), 9))
