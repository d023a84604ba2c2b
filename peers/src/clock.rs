//! CPU time: what a busy neighbour disturbs least.

use std::time::Duration;

/// The CPU time that this thread has used.
pub fn of_thread() -> Duration {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// The CPU time that all threads have used: for loading, which some engines do on threads of their own.
pub fn of_process() -> Duration {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a local, and both clocks exist on every Linux.
    unsafe { libc::clock_gettime(clock, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Bytes that the allocator has given out and not taken back, on all threads.
pub fn bytes_in_use() -> usize {
    // SAFETY: it only fills in a struct.
    let info = unsafe { libc::mallinfo2() };
    info.uordblks + info.hblkhd
}
