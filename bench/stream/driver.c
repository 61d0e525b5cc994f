/* The clients' side of a measurement, cheap enough to leave the processor to the server: it sends prepared bytes when they are due, and
 * reads what comes on a thousand connections without parsing it. Called from Python (native.py), which has opened the connections.
 *
 * Every message carries the same needle, and at a fixed distance from its start a number of eight decimal digits. Whatever a protocol
 * dresses its messages in, finding the needle counts them, and the number says which one it was: so every delivery is counted once for
 * each connection and message, and its time is taken from when the message was due, not from when it could be sent.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 17, EVENTS = 512, DIGITS = 8, KEPT = 256 };

struct post { /* one message: who sends it, to which group, when (ns after the start) */
    int32_t sender, group;
    int64_t due;
    const unsigned char *data;
    int64_t size;
};
struct result {
    int64_t delivered, doubled, strays, closed, unsent;
    int64_t bytes; /* read */
    int64_t took;  /* ns until the last delivery */
};
struct tail { /* the end of what a connection sent, in which a message may have begun */
    int32_t size;
    unsigned char data[KEPT];
};

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t number_at(const unsigned char *digits) {
    int64_t number = 0;
    for (int i = 0; i < DIGITS; i++) {
        if (digits[i] < '0' || digits[i] > '9') return -1;
        number = number * 10 + digits[i] - '0';
    }
    return number;
}

/* Sends `count` posts numbered from `first` and reads until `expected` deliveries came, `longest` ns are over or a signal arrives.
 * `groups[i]` is the group of connection i: it should get each post of that group once. Microseconds of each delivery go to
 * `latencies`, which has room for `expected`. 0 if it ran to its end, 1 if a signal ended it, -1 if memory or the kernel said no. */
int drive(const int *fds, const int32_t *groups, int sockets, const struct post *posts, int count, int64_t first,
          const unsigned char *needle, int needle_size, int digits_at, int64_t expected, int64_t longest,
          uint32_t *latencies, struct result *out) {
    const int span = digits_at + DIGITS;
    const size_t row = ((size_t)count + 63) / 64;
    int code = 0, poll = epoll_create1(0), next = 0;
    size_t written = 0;
    struct epoll_event events[EVENTS];
    struct tail *tails = calloc((size_t)sockets, sizeof *tails);
    uint64_t *seen = calloc((size_t)sockets * row, sizeof *seen);
    unsigned char *buffer = malloc(BUFFER);
    memset(out, 0, sizeof *out);
    if (poll < 0 || !tails || !seen || !buffer || span > KEPT) {
        code = -1;
        goto end;
    }
    for (int i = 0; i < sockets; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, fds[i], &event)) code = -1;
    }
    const int64_t start = now();
    while (code == 0 && out->delivered < expected) {
        int64_t time = now() - start;
        if (time > longest) break;
        int stuck = 0;
        while (next < count && posts[next].due <= time) {
            const struct post *post = &posts[next];
            ssize_t sent = send(fds[post->sender], post->data + written, (size_t)post->size - written, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN) {
                out->closed++;
                goto end;
            }
            written += sent > 0 ? (size_t)sent : 0;
            stuck = written < (size_t)post->size; /* the server does not read: try again soon, the later ones wait */
            if (stuck) break;
            written = 0;
            next++;
        }
        int64_t wait = next < count ? (stuck ? 1000000 : posts[next].due - time) : 100000000;
        int ready = epoll_wait(poll, events, EVENTS, (int)((wait + 999999) / 1000000));
        if (ready < 0) {
            code = errno == EINTR ? 1 : -1;
            break;
        }
        for (int e = 0; e < ready; e++) {
            const uint32_t i = events[e].data.u32;
            struct tail *tail = &tails[i];
            memcpy(buffer, tail->data, (size_t)tail->size);
            ssize_t got = recv(fds[i], buffer + tail->size, BUFFER - KEPT, MSG_DONTWAIT);
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (got <= 0) {
                out->closed++;
                epoll_ctl(poll, EPOLL_CTL_DEL, fds[i], NULL);
                continue;
            }
            out->bytes += got;
            time = now() - start;
            unsigned char *at = buffer, *stop = buffer + tail->size + got;
            while (stop - at >= span) {
                unsigned char *found = memmem(at, (size_t)(stop - at), needle, (size_t)needle_size);
                if (!found || stop - found < span) break;
                at = found + span;
                const int64_t index = number_at(found + digits_at) - first;
                if (index < 0 || index >= count || posts[index].group != groups[i]) {
                    out->strays++;
                    continue;
                }
                uint64_t *word = &seen[i * row + (size_t)index / 64], bit = (uint64_t)1 << (index % 64);
                if (*word & bit) {
                    out->doubled++;
                    continue;
                }
                *word |= bit;
                if (out->delivered < expected) latencies[out->delivered] = (uint32_t)((time - posts[index].due) / 1000);
                out->delivered++;
                out->took = time;
            }
            tail->size = (int32_t)(stop - at < span - 1 ? stop - at : span - 1);
            memcpy(tail->data, stop - tail->size, (size_t)tail->size);
        }
    }
end:
    out->unsent = count - next;
    if (poll >= 0) close(poll);
    free(tails);
    free(seen);
    free(buffer);
    return code;
}
