#include "intake/readers.h"

int intake_wsq(struct decode_job *job)
{
	return err_at(job->fault, ERR_UNSUPPORTED, 0, "WSQ");
}
