#!/usr/bin/env python3
"""Writes the benchmark's numbers as raw doubles, times torch.distributions on them (one thread, CPU seconds, best of several
rounds, with and without its checks of arguments) and writes torch's values beside them.   kl_torch.py DIRECTORY [PAIRS_OF_NORMALS PAIRS_OF_JOINTS]"""
import pathlib
import sys
import time

import torch
from torch.distributions import Beta, Dirichlet, Gamma, MultivariateNormal, Normal, Poisson, kl_divergence

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
ROUNDS = 5
D = 10


def best_seconds(work):
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return best, result


def main():
    folder = pathlib.Path(sys.argv[1])
    normals, joints = (int(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else (1_000_000, 100_000)

    def save(name, tensor):
        (folder / name).write_bytes(tensor.contiguous().numpy().tobytes())

    mean_p, mean_q = torch.randn(normals), torch.randn(normals)
    stddev_p, stddev_q = torch.randn(normals).exp(), torch.randn(normals).exp()
    save("normal_p", torch.stack([mean_p, stddev_p], 1))
    save("normal_q", torch.stack([mean_q, stddev_q], 1))
    def normal(check):
        return lambda: kl_divergence(Normal(mean_p, stddev_p, validate_args=check), Normal(mean_q, stddev_q, validate_args=check))

    print(f"torch_normal_checked {best_seconds(normal(True))[0]:.6f}")
    seconds, value = best_seconds(normal(False))
    print(f"torch_normal {seconds:.6f}")
    save("normal_torch", value)

    def shapes(*size):
        return torch.randn(*size).exp()

    for name, family, rows, count in (("gamma", Gamma, 2, normals), ("beta", Beta, 2, normals), ("poisson", Poisson, 1, normals),
                                      ("dirichlet", Dirichlet, 20, joints)):
        p, q = shapes(count, rows), shapes(count, rows)
        save(f"{name}_p", p)
        save(f"{name}_q", q)
        arguments = lambda theta: [theta[:, i].contiguous() for i in range(rows)] if name != "dirichlet" else [theta]
        for_p, for_q = arguments(p), arguments(q)
        for check in (True, False):
            seconds, value = best_seconds(lambda: kl_divergence(family(*for_p, validate_args=check), family(*for_q, validate_args=check)))
            print(f"torch_{name}{'_checked' if check else ''} {seconds:.6f}")
        save(f"{name}_torch", value)

    def covariance():
        a = torch.randn(joints, D, D)
        return a @ a.transpose(1, 2) / D + 0.1 * torch.eye(D)

    mean_p, mean_q, s_p, s_q = torch.randn(joints, D), torch.randn(joints, D), covariance(), covariance()
    save("joint_p", torch.cat([mean_p, s_p.reshape(joints, D * D)], 1))
    save("joint_q", torch.cat([mean_q, s_q.reshape(joints, D * D)], 1))

    def joint(check):
        return lambda: kl_divergence(MultivariateNormal(mean_p, covariance_matrix=s_p, validate_args=check),
                                     MultivariateNormal(mean_q, covariance_matrix=s_q, validate_args=check))

    print(f"torch_joint_checked {best_seconds(joint(True))[0]:.6f}")
    seconds, value = best_seconds(joint(False))
    print(f"torch_joint {seconds:.6f}")
    save("joint_torch", value)


main()
