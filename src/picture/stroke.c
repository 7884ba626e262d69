#include "picture/stroke.h"

#include <assert.h>

#define BASE   6     /* the base line; capitals begin at 0, small letters at 2 */
#define ACROSS 0.09F /* of the size: one step to the right */
#define DOWN   0.12F
#define APART  2 /* steps between letters */
#define SPACE  1 /* steps that a letter without strokes takes */

/* Points on a grid, a digit to the right and a digit down; a space lifts the pen. */
static const char *const letters['~' - ' ' + 1] = {
	['!' - ' '] = "0004 0606",
	['%' - ' '] = "0640 0010110100 3545463635",
	['\'' - ' '] = "0001",
	['(' - ' '] = "20111526",
	[')' - ' '] = "00111506",
	['+' - ' '] = "0444 2226",
	[',' - ' '] = "1607",
	['-' - ' '] = "0434",
	['.' - ' '] = "0606",
	['/' - ' '] = "0640",
	['0' - ' '] = "103041453616050110",
	['1' - ' '] = "112026 1636",
	['2' - ' '] = "01103041420646",
	['3' - ' '] = "01103041423313 334445361605",
	['4' - ' '] = "36300444",
	['5' - ' '] = "400002324345361605",
	['6' - ' '] = "413010010516364544331304",
	['7' - ' '] = "004016",
	['8' - ' '] = "103041423313020110 1304051636454433",
	['9' - ' '] = "051636454130100102133342",
	[':' - ' '] = "0303 0606",
	[';' - ' '] = "1313 1607",
	['<' - ' '] = "420446",
	['=' - ' '] = "0343 0545",
	['>' - ' '] = "024406",
	['?' - ' '] = "01103041422324 2626",
	['A' - ' '] = "062046 1434",
	['B' - ' '] = "060030414233 0333 3344453606",
	['C' - ' '] = "4130100105163645",
	['D' - ' '] = "06002042442606",
	['E' - ' '] = "40000646 0333",
	['F' - ' '] = "400006 0333",
	['G' - ' '] = "413010010516364543 4323",
	['H' - ' '] = "0006 4046 0343",
	['I' - ' '] = "0006",
	['J' - ' '] = "4045361605",
	['K' - ' '] = "0006 400346",
	['L' - ' '] = "000646",
	['M' - ' '] = "0600234046",
	['N' - ' '] = "06004640",
	['O' - ' '] = "103041453616050110",
	['P' - ' '] = "06003041423303",
	['Q' - ' '] = "103041453616050110 3446",
	['R' - ' '] = "06003041423303 2346",
	['S' - ' '] = "413010010213334445361605",
	['T' - ' '] = "0040 2026",
	['U' - ' '] = "000516364540",
	['V' - ' '] = "002640",
	['W' - ' '] = "0016233640",
	['X' - ' '] = "0046 4006",
	['Y' - ' '] = "002340 2326",
	['Z' - ' '] = "00400646",
	['_' - ' '] = "0646",
	['a' - ' '] = "0312324346 441405163645",
	['b' - ' '] = "0006 0312324345361605",
	['c' - ' '] = "4332120305163645",
	['d' - ' '] = "4046 4332120305163645",
	['e' - ' '] = "04444332120305163645",
	['f' - ' '] = "30201116 0232",
	['g' - ' '] = "4247381807 4332120305163645",
	['h' - ' '] = "0006 0312324346",
	['i' - ' '] = "0000 0206",
	['j' - ' '] = "2020 22271807",
	['k' - ' '] = "0006 320436",
	['l' - ' '] = "0006",
	['m' - ' '] = "0206 03122326 23324346",
	['n' - ' '] = "0206 0312324346",
	['o' - ' '] = "123243453616050312",
	['p' - ' '] = "0208 0312324345361605",
	['q' - ' '] = "4248 4332120305163645",
	['r' - ' '] = "0206 031232",
	['s' - ' '] = "43321203143445361605",
	['t' - ' '] = "10152636 0232",
	['u' - ' '] = "0205163645 4246",
	['v' - ' '] = "022642",
	['w' - ' '] = "0216243642",
	['x' - ' '] = "0246 4206",
	['y' - ' '] = "0226 4208",
	['z' - ' '] = "02420646",
};
static const char unknown[] = "0040460600";

static const char *letter(uint8_t c)
{
	const char *s = c >= ' ' && c <= '~' ? letters[c - ' '] : NULL;

	return c == ' ' ? "" : s != NULL ? s : unknown;
}

static int steps(const char *s)
{
	int widest = *s == '\0' ? SPACE : 0;

	for (; *s != '\0'; s += *s == ' ' ? 1 : 2) {
		widest = *s != ' ' && *s - '0' > widest ? *s - '0' : widest;
	}
	return widest;
}

/* The points of the stroke that begins at *p, which moves on to the next one. */
static size_t stroke(const char **p, struct picture_point at, float size,
		     struct picture_point point[STROKE_POINTS_MAX])
{
	size_t n = 0;

	for (; **p != '\0' && **p != ' '; *p += 2) {
		assert(n < STROKE_POINTS_MAX);
		point[n++] = (struct picture_point){
			at.x + (float)((*p)[0] - '0') * ACROSS * size,
			at.y + (float)((*p)[1] - '0' - BASE) * DOWN * size,
		};
	}
	*p += **p == ' ';
	return n;
}

void stroke_text(struct bytes text, struct picture_point at, float size,
		 void (*on_stroke)(void *context, const struct picture_point *point, size_t points),
		 void *context)
{
	for (size_t i = 0; i < text.len; i++) {
		const char *s = letter(text.data[i]);
		const char *p = s;

		while (*p != '\0') {
			struct picture_point point[STROKE_POINTS_MAX];
			size_t n = stroke(&p, at, size, point);

			on_stroke(context, point, n);
		}
		at.x += (float)(steps(s) + APART) * ACROSS * size;
	}
}

float stroke_width(struct bytes text, float size)
{
	int n = 0;

	for (size_t i = 0; i < text.len; i++) {
		n += steps(letter(text.data[i])) + APART;
	}
	return (float)n * ACROSS * size;
}
