-- Who sees what under match-only.  Run: outpostctl policy test policies/match-only

local post = { node = '11111111', role = 'post', region = 'UTO-NORTH', country = 'UTO',
  owner = 'UTO-POLICE' }
local south = { node = '22222222', role = 'post', region = 'UTO-SOUTH', country = 'UTO',
  owner = 'UTO-POLICE' }
local ferry = { node = '33333333', role = 'relay', region = 'UTO-NORTH', country = 'UTO' }
local bureau = { node = '44444444', role = 'hq', region = 'UTO', country = 'UTO',
  owner = 'UTO-NCB' }
local unit = { node = '66666666', role = 'region', region = 'UTO-NORTH', country = 'UTO',
  owner = 'UTO-FIU' }

local cases = {}

local function sees(name, owner, group, peer, want, because, by)
  table.insert(cases, {
    name = name,
    question = 'entitle',
    given = {
      class = { group = group, owner = owner, region = 'UTO-NORTH', purposes = { 'border' },
        sensitivity = 'restricted', closed = 'no' },
      peer = peer,
      self = post,
    },
    want = want,
    because = because,
    by = by,
  })
end

sees('a post reads the templates', 'UTO-FIU', 'match', post, 'read', 'it must be able to search')
for _, group in ipairs { 'identity', 'case' } do
  sees('a post only carries: ' .. group, 'UTO-FIU', group, post, 'relay', 'match only')
  sees('even headquarters of another owner only carries: ' .. group, 'UTO-FIU', group, bureau,
    'relay', 'match only')
  sees('the owner\'s own node reads: ' .. group, 'UTO-FIU', group, unit, 'read', 'its records',
    'floor')
  sees('other owners\' records are shared as ever: ' .. group, 'UTO-NCB', group, post, 'read',
    'open sharing inside the region')
end
sees('a relay carries templates', 'UTO-FIU', 'match', ferry, 'relay', 'relays have no keys')
sees('another region keeps templates sealed', 'UTO-FIU', 'match', south, 'hold',
  'as open-region')

local function shows(name, owner, self, want, because)
  table.insert(cases, {
    name = name,
    question = 'disclose',
    given = {
      candidate = { owner = owner, type = 'red', status = 'active', purposes = { 'border' } },
      encounter = { purpose = 'border', fingers = true },
      self = self,
    },
    want = want,
    because = because,
  })
end

shows('a post sees only that the owner holds information', 'UTO-FIU', post, 'reference',
  'it asks the owner')
shows('the owner sees its record', 'UTO-FIU', unit, 'full', 'its record')
shows('a post sees other owners\' records in full', 'UTO-NCB', post, 'full', 'as open-region')

table.insert(cases, {
  name = 'minors stay outside automatic search',
  question = 'match',
  given = { encounter = { purpose = 'border', minor = true }, self = post },
  want = { search = false, headquarters = false },
  because = 'as open-region',
})
table.insert(cases, {
  name = 'a record of the unit is classified like any other',
  question = 'classify',
  given = { record = { group = 'match', owner = 'UTO-FIU', region = 'UTO-NORTH', type = 'red',
    status = 'active', purposes = { 'border' } } },
  want = { region = 'UTO-NORTH', sensitivity = 'restricted' },
  because = 'sensitivity follows the notice type',
})

return cases
