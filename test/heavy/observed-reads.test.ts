/** All kinds of read in a kernel, in its main thread and in worker threads. */
import "../notebook/runs/observed-reads.test";
