-- Who sees what under open-region.  Run: outpostctl policy test policies/open-region

local here = { node = '11111111', role = 'post', region = 'UTO-NORTH', country = 'UTO',
  owner = 'UTO-POLICE' }
local south = { node = '22222222', role = 'post', region = 'UTO-SOUTH', country = 'UTO',
  owner = 'UTO-POLICE' }
local ferry = { node = '33333333', role = 'relay', region = 'UTO-SOUTH', country = 'UTO' }
local bureau = { node = '44444444', role = 'hq', region = 'UTO', country = 'UTO',
  owner = 'UTO-NCB' }
local abroad = { node = '55555555', role = 'post', region = 'UTO-NORTH', country = 'XKX',
  owner = 'XKX-NCB' }

-- A class of records of UTO-NCB for use in the north, with some fields changed.
local function class(group, sensitivity, closed, exclude)
  return {
    group = group,
    owner = 'UTO-NCB',
    region = 'UTO-NORTH',
    purposes = { 'locate', 'border' },
    sensitivity = sensitivity or 'restricted',
    closed = closed or 'no',
    exclude = exclude or {},
  }
end

local cases = {}

local function add(name, question, given, want, because, by)
  table.insert(cases, { name = name, question = question, given = given, want = want,
    because = because, by = by })
end

local function sees(name, given_class, peer, want, because, by)
  add(name, 'entitle', { class = given_class, peer = peer, self = here }, want, because, by)
end

-- entitle -----------------------------------------------------------------------------------

for _, group in ipairs { 'match', 'identity', 'case' } do
  sees('a post of the region reads: ' .. group, class(group), here, 'read',
    'open sharing inside the region')
  sees('a relay carries: ' .. group, class(group), ferry, 'relay', 'relays have no keys')
  sees('headquarters of the owner reads: ' .. group, class(group), bureau, 'read',
    'the owner always reads', 'floor')
  sees('an excluded country gets nothing: ' .. group, class(group, 'open', 'no', { 'XKX' }),
    abroad, 'none', 'the owner excludes it', 'floor')
  sees('closed to others, a post carries: ' .. group, class(group, 'restricted', 'all'), here,
    'relay', 'the owner lets others only carry it', 'floor')
end
sees('another region keeps alerts sealed', class('match'), south, 'hold', 'ready when opened')
sees('another region only carries confidential alerts', class('match', 'confidential'), south,
  'relay', 'confidential alerts stay where they are used')
sees('another region only carries identities', class('identity'), south, 'relay',
  'a name is not needed where it may not be used')
sees('a post of a country that is not excluded reads', class('match', 'open', 'no', { 'AAA' }),
  abroad, 'read', 'it stands in the region')
sees('match only: a post reads the templates', class('match', 'restricted', 'identity'), here,
  'read', 'match only closes the identity, not the search')
sees('match only: a post does not read the identity', class('identity', 'restricted', 'identity'),
  here, 'relay', 'the owner alone reads it', 'floor')
sees('mail is carried', class('mail'), here, 'relay', 'mail has one recipient')
sees('control entries are read by relays too', class('control'), ferry, 'read',
  'everybody must hear of revocations', 'floor')
sees('a node\'s own records stay there', class('own'), south, 'none', 'they never leave', 'floor')

-- classify ----------------------------------------------------------------------------------

local function written(changes)
  local record = { group = 'match', owner = 'UTO-NCB', region = 'UTO-NORTH', type = 'red',
    status = 'active', purposes = { 'locate' } }
  for _, change in ipairs(changes) do
    record[change[1]] = change[2]
  end
  return { record = record }
end

add('a red notice is restricted, in its region', 'classify', written {},
  { region = 'UTO-NORTH', sensitivity = 'restricted' }, 'by notice type')
add('a national notice is confidential', 'classify', written { { 'type', 'national' } },
  { sensitivity = 'confidential' }, 'types without a rule are confidential')
add('an excluding record is never open', 'classify',
  written { { 'type', 'un-special' }, { 'exclude', { 'XKX' } } },
  { sensitivity = 'restricted' }, 'restrictions are not public', 'floor')
add('a record of a minor is confidential', 'classify',
  written { { 'type', 'yellow' }, { 'minor', true } },
  { sensitivity = 'confidential' }, 'children', 'floor')

-- match -------------------------------------------------------------------------------------

local function check(name, encounter, want, because, by)
  add(name, 'match', { encounter = encounter, self = here }, want, because, by)
end

check('border control is held to one false candidate in ten thousand',
  { purpose = 'border', fingers = true },
  { search = true, fpir = 1e-4, reviewers = 2, headquarters = true }, 'everybody is checked')
check('a patrol with a reason may see more candidates', { purpose = 'locate', fingers = true },
  { search = true, fpir = 1e-3 }, 'people are chosen for a reason')
check('minors are not searched', { purpose = 'border', minor = true },
  { search = false, headquarters = false }, 'outside automatic search', 'policy')
check('child protection searches for minors, three people judge',
  { purpose = 'child', minor = true },
  { search = true, reviewers = 3 }, 'the one case that allows it', 'policy')
check('whoever claims protection is not searched',
  { purpose = 'asylum', protection = true, nationality = 'XKX' },
  { search = false, headquarters = false }, 'nothing may reach the country of origin')

-- disclose ----------------------------------------------------------------------------------

local function shows(name, candidate, encounter, self, want, because, by)
  candidate.owner = 'UTO-NCB'
  candidate.status = candidate.status or 'active'
  candidate.purposes = candidate.purposes or { 'locate', 'border' }
  add(name, 'disclose', { candidate = candidate, encounter = encounter, self = self }, want,
    because, by)
end

local border = { purpose = 'border', fingers = true }

shows('a red notice in full', { type = 'red' }, border, here, 'full', 'the post must act')
shows('a blue notice as a reference', { type = 'blue' }, border, here, 'reference',
  'the owner asks the questions')
shows('an orange notice not at all', { type = 'orange' }, border, here, 'nothing',
  'it is not about a person')
shows('a match-only record as a reference', { type = 'undisclosed', match_only = true }, border,
  here, 'reference', 'the owner tells', 'floor')
shows('a match-only record in full to its owner', { type = 'undisclosed', match_only = true },
  border, bureau, 'full', 'it is its own')
shows('nothing when the purpose is another', { type = 'red' }, { purpose = 'asylum' }, here,
  'nothing', 'not even that it exists', 'floor')
shows('nothing of a withdrawn record', { type = 'red', status = 'withdrawn' }, border, here,
  'nothing', 'withdrawn wins', 'floor')

return cases
