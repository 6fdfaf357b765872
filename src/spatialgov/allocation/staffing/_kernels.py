"""The compiled loop of staffing: plain arrays in and out, a plain twin of it in the tests."""

from numba import njit

__all__ = ["serve_in_turn"]


@njit(cache=True, nogil=True)
def serve_in_turn(arrival, service, free_at, wait):
    """Serve jobs in the order of their arrival, each by the server that is free first (Kiefer & Wolfowitz 1955).

    ``arrival``, ascending, and ``service`` are float64 (n,); ``free_at`` float64 (c,) says when each server is free and
    is kept up to date, so that a further call goes on; ``wait`` float64 (n,) becomes each job's time until it is begun.
    """
    c = len(free_at)
    for job in range(len(arrival)):
        first = 0
        for server in range(1, c):
            if free_at[server] < free_at[first]:
                first = server
        begun = max(arrival[job], free_at[first])
        wait[job] = begun - arrival[job]
        free_at[first] = begun + service[job]
