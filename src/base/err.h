/* Errors: one enum for the whole node, negative on failure, with a text for each.
 *
 * Functions that can fail return ERR_OK or one of these.  Whoever refuses bytes from
 * outside also says where: a struct fault names the field and its offset. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

#define ERR_MAP(X)                                                                                 \
	X(ERR_NOMEM, "out of memory")                                                              \
	X(ERR_SHORT, "input ends too early")                                                       \
	X(ERR_MALFORMED, "input is malformed")                                                     \
	X(ERR_LIMIT, "input goes beyond a stated limit")                                           \
	X(ERR_UNSUPPORTED, "input is of a kind that is not supported")                             \
	X(ERR_SPACE, "output buffer is too small")                                                 \
	X(ERR_RANGE, "a value is out of its range")                                                \
	X(ERR_STATE, "not possible in this state")                                                 \
	X(ERR_NOTFOUND, "there is no such thing")                                                  \
	X(ERR_EXISTS, "it is already there")                                                       \
	X(ERR_STALE, "something newer is already there")                                           \
	X(ERR_DENIED, "not allowed")                                                               \
	X(ERR_FORGED, "signature or seal does not fit")                                            \
	X(ERR_NOKEY, "no key to open it")                                                          \
	X(ERR_EXPIRED, "it has expired")                                                           \
	X(ERR_SKEW, "remote clock is too far ahead")                                               \
	X(ERR_STORE, "the store refused the change")                                               \
	X(ERR_CORRUPT, "stored data is damaged")                                                   \
	X(ERR_FULL, "no room left")                                                                \
	X(ERR_BUSY, "busy, try again")                                                             \
	X(ERR_TIMEOUT, "it took too long")                                                         \
	X(ERR_WORKER, "the worker failed on this request")                                         \
	X(ERR_IO, "input or output failed")                                                        \
	X(ERR_POLICY, "the policy gave no usable answer")                                          \
	X(ERR_INTERNAL, "internal error")

#define ERR__ENUM(code, text) code##__POS,
enum err__pos { ERR__OK_POS, ERR_MAP(ERR__ENUM) ERR__COUNT };
#undef ERR__ENUM

#define ERR__NEG(code, text) code = -(int)code##__POS,
enum err { ERR_OK = 0, ERR_MAP(ERR__NEG) };
#undef ERR__NEG

/* Where an input was refused: the code, the offset in the input in bytes, and the
 * name of the field (a string constant). */
struct fault {
	int code;
	size_t at;
	const char *what;
};

/* The text for a code; never NULL. */
const char *err_text(int code);
/* The name of a code as it stands above, such as "ERR_SHORT"; never NULL. */
const char *err_name(int code);
/* Fill in *f unless it is NULL, and return the code: return err_at(f, ERR_SHORT, at, "width"); */
int err_at(struct fault *f, int code, size_t at, const char *what);

#endif
