#include "io/lockdown.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

static int become(const char *name)
{
	const struct passwd *user = getpwnam(name);

	if (user == NULL) {
		return ERR_NOTFOUND;
	}
	if (user->pw_uid == geteuid() && user->pw_uid != 0) {
		return ERR_OK;
	}
	if (user->pw_uid == 0) {
		return ERR_DENIED;
	}
	if (initgroups(name, user->pw_gid) != 0 ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0) {
		return ERR_STATE;
	}
	/* Trust no call that can be asked again. */
	return setuid(0) == 0 || geteuid() == 0 || getegid() == 0 ? ERR_STATE : ERR_OK;
}

int lockdown_user(const char *user, bool may_be_root)
{
	if (user != NULL) {
		return become(user);
	}
	return geteuid() == 0 && !may_be_root ? ERR_DENIED : ERR_OK;
}

int lockdown_process(void)
{
	const struct rlimit none = { 0, 0 };

	(void)umask(0077);
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return ERR_STATE;
	}
#if !defined(__SANITIZE_ADDRESS__)
	/* The leak check of the sanitizer is a debugger. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
		return ERR_STATE;
	}
#endif
	return ERR_OK;
}
