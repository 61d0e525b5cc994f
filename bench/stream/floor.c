/* The floor under every relay of messages: one process, one epoll, one WebSocket frame and one `send` for each member of a room. It asks
 * nobody who he is, checks nothing and stores nothing, so no server that does can need less for one send a message.
 *
 * floor PORT: listens on 127.0.0.1. A client says which rooms it is in (u32 how many, then a u32 each, in this machine's byte order)
 * and then sends masked WebSocket binary frames with a 16-bit length; the first four bytes of a payload name the room, and the payload
 * goes to all its members, the sender too. There is no upgrade and no goodbye. Whoever breaks this, or does not read, ends the process: a
 * measurement in which that happens means nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOMS = 1 << 16, BUFFER = 1 << 14, EVENTS = 256, HEAD = 4, MASK = 4 };

struct room {
    int *members;
    uint32_t size, space;
};
struct client {
    size_t have;
    int greeted;
    unsigned char data[BUFFER];
};

static struct room rooms[ROOMS];
static struct client **clients;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void enter(uint32_t number, int fd) {
    if (number >= ROOMS) die("room");
    struct room *room = &rooms[number];
    if (room->size == room->space) {
        room->space = room->space ? room->space * 2 : 16;
        room->members = realloc(room->members, room->space * sizeof *room->members);
        if (!room->members) die("memory");
    }
    room->members[room->size++] = fd;
}

static void leave(int fd) { /* the order of a room's members says nothing */
    for (int number = 0; number < ROOMS; number++)
        for (uint32_t i = 0; i < rooms[number].size; i++)
            if (rooms[number].members[i] == fd) rooms[number].members[i--] = rooms[number].members[--rooms[number].size];
    close(fd);
    free(clients[fd]);
    clients[fd] = NULL;
}

static void pass_on(const unsigned char *payload, size_t size) {
    static unsigned char frame[BUFFER];
    uint32_t number;
    memcpy(&number, payload, sizeof number);
    if (number >= ROOMS) die("room");
    frame[0] = 0x82; /* the last frame of a binary message, RFC 6455 section 5.2 */
    frame[1] = 126;
    frame[2] = (unsigned char)(size >> 8);
    frame[3] = (unsigned char)size;
    memcpy(frame + HEAD, payload, size);
    for (uint32_t i = 0; i < rooms[number].size; i++)
        if (send(rooms[number].members[i], frame, HEAD + size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)(HEAD + size)) die("send");
}

/* Does the first whole thing in the client's buffer; how many bytes that was, 0 if it is not whole yet. */
static size_t take(int fd, struct client *client) {
    unsigned char *data = client->data;
    if (!client->greeted) {
        uint32_t count, number;
        if (client->have < sizeof count) return 0;
        memcpy(&count, data, sizeof count);
        size_t size = sizeof count + count * sizeof number;
        if (size > BUFFER) die("greeting");
        if (client->have < size) return 0;
        for (uint32_t i = 0; i < count; i++) {
            memcpy(&number, data + sizeof count + i * sizeof number, sizeof number);
            enter(number, fd);
        }
        client->greeted = 1;
        return size;
    }
    if (client->have < HEAD + MASK) return 0;
    if (data[0] != 0x82 || data[1] != (0x80 | 126)) die("frame");
    size_t size = (size_t)data[2] << 8 | data[3];
    if (size < sizeof(uint32_t) || HEAD + MASK + size > BUFFER) die("size");
    if (client->have < HEAD + MASK + size) return 0;
    for (size_t i = 0; i < size; i++) data[HEAD + MASK + i] ^= data[HEAD + i % MASK];
    pass_on(data + HEAD + MASK, size);
    return HEAD + MASK + size;
}

static void readable(int fd) {
    struct client *client = clients[fd];
    ssize_t got = recv(fd, client->data + client->have, BUFFER - client->have, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        leave(fd);
        return;
    }
    client->have += (size_t)got;
    for (size_t done; (done = take(fd, client)) > 0;) {
        client->have -= done;
        memmove(client->data, client->data + done, client->have);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) die("getrlimit");
    clients = calloc(limit.rlim_cur, sizeof *clients);
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!clients || poll < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) die("listen");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poll, events, EVENTS, -1);
        if (count < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd != listener) {
                readable(events[i].data.fd);
                continue;
            }
            for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                if (!(clients[fd] = calloc(1, sizeof **clients))) die("memory");
                event.data.fd = fd;
                epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
            }
        }
    }
}
